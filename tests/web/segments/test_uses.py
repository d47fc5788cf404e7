"""A template, a QR code and a tag say which segments and waiting broadcasts use them."""

from typing import Any

from plugin.models import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.services.broadcasts.drafts import Content, create_draft, save_draft
from plugin.services.broadcasts.start import start
from plugin.services.message_templates.library import create_template
from plugin.services.segments.library import create_segment
from tests.support.crowd import gather
from tests.support.world import Tenant, World
from tests.web.pages import marks

TEXT = {"type": "text", "text": "Our winter sale begins today."}


def choose(world: World, tenant: Tenant, name: str, field: str, value: list[Any]) -> None:
    with world.app.app_context():
        rule = {"field": field, "op": "in", "value": value}
        create_segment(world.account(tenant), name, rule, "alice@example.com")


def test_a_template_warns_of_the_broadcasts_that_will_send_it(world: World, alice: Tenant) -> None:
    gather(world, alice, 1, contacts=False)
    with world.app.app_context():
        account = world.account(alice)
        template = create_template(account, "Sale", [TEXT], "alice@example.com", tracks_links=True)
        path = f"{world.url}/templates/{template.id}"
        assert "used-by" not in marks(alice.walker.go(path))
        broadcast = create_draft(account, "Winter", "alice@example.com")
        save_draft(broadcast, {}, [Content(template_id=template.id)])
        broadcast_id = broadcast.id
    page = alice.walker.go(path)
    assert {"used-by", "archive-warning"} <= set(marks(page))
    assert f"/broadcasts/{broadcast_id}" in page.html
    with world.app.app_context():
        start(db.session.get_one(Broadcast, broadcast_id))
    world.work()
    # It has its own copy of the words by now.
    assert "used-by" not in marks(alice.walker.go(path))


def test_codes_and_tags_name_the_segments_that_ask_for_them(world: World, alice: Tenant) -> None:
    code, tags = f"{world.url}/qr-codes/{alice.qr_code_id}", f"{world.url}/friends/tags"
    assert "uses" not in marks(alice.walker.go(code))
    choose(world, alice, "Counter people", "friend.qr_code", [str(alice.qr_code_id)])
    choose(world, alice, "Best customers", "friend.tag", ["VIP"])
    assert "Counter people" in alice.walker.go(code).text
    page = alice.walker.go(tags)
    assert "tags-in-use" in marks(page)
    assert "Best customers" in page.text
    assert "Counter people" not in page.text
