"""Charlie asks every page of the team with Alice's ids and sees nothing of hers."""

from typing import Any

import pytest
from sqlalchemy import select

from plugin.models import (
    Broadcast,
    EventDelivery,
    Friend,
    Installation,
    LineRelay,
    OfficialAccount,
    QRCode,
    Variant,
    WebhookReceiver,
    db,
)
from plugin.models.media.media import UPLOADED
from plugin.services.broadcasts.drafts import Content, create_draft, save_draft
from plugin.services.media.store import keep
from plugin.services.message_templates.library import create_template
from plugin.services.outgoing.receivers import register, send_test
from plugin.services.outgoing.relay import set_relay
from plugin.services.segments.library import create_segment
from tests.services.media.files import picture, upload
from tests.services.personal_links.test_bulk import begin, make_list
from tests.support.people import linked
from tests.support.world import ALICE, Tenant, World
from tests.web.pages import TEAM


def routes(world: World) -> list[Any]:
    """Every page of the team that is about something with an id."""
    rules = world.app.url_map.iter_rules()
    return [rule for rule in rules if rule.endpoint.startswith(TEAM) and rule.arguments]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_foreign_ids_are_missing_ids(
    world: World, alice: Tenant, charlie: Tenant, method: str
) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        messages = [{"type": "text", "text": "Hers"}]
        template = create_template(world.account(alice), "Hers", messages)
        broadcast = create_draft(world.account(alice), "Hers")
        save_draft(broadcast, {}, [Content(messages)])
        segment = create_segment(world.account(alice), "Hers", {"all": []})
        made = {"template_id": template.id, "broadcast_id": broadcast.id, "segment_id": segment.id}
        made |= receiver_of(world, alice)
        before = snapshot()
    hers = {"account_id": alice.account_id, "code_id": alice.qr_code_id, "friend_id": friend_id}
    hers |= made
    with world.app.app_context():
        hers["media_id"] = keep(
            world.deps,
            upload(picture()),
            installation_id=alice.installation_id,
            origin=UPLOADED,
        ).id
    hers["preparation_id"] = begin(world, alice, make_list(world, ALICE))
    session = charlie.walker.session
    token = csrf(world, charlie)
    asked = 0
    for rule in routes(world):
        if method not in (rule.methods or ()):
            continue
        values = {name: hers.get(name, 1) for name in rule.arguments}
        with world.app.test_request_context():
            path = world.app.url_map.bind("").build(rule.endpoint, values)
        data = {"csrf_token": token} if method == "POST" else None
        answer = session.request(method, f"{world.url}{path}", data=data, allow_redirects=False)
        assert answer.status_code == 404, (rule.endpoint, answer.status_code)
        asked += 1
    assert asked
    with world.app.app_context():
        assert snapshot() == before


def receiver_of(world: World, alice: Tenant) -> dict[str, int]:
    """A receiver of webhooks, what it is to be told, and a relay."""
    installation = db.session.get_one(Installation, alice.installation_id)
    receiver = register(world.deps, installation, "https://example.com/", ["friend.linked"])
    delivery_id = send_test(receiver)
    set_relay(world.deps, world.account(alice), "https://example.com/line")
    return {"receiver_id": receiver.id, "event_delivery_id": delivery_id}


def csrf(world: World, tenant: Tenant) -> str:
    page = tenant.walker.go(f"{world.url}/qr-codes/new")
    return next(form.fields["csrf_token"] for form in page.forms if "csrf_token" in form.fields)


def snapshot() -> list[Any]:
    rows: list[Any] = []
    models = (OfficialAccount, QRCode, Friend, Broadcast, Variant)
    for model in (*models, WebhookReceiver, EventDelivery, LineRelay):
        columns = list(model.__table__.columns)
        rows += [tuple(map(str, row)) for row in db.session.execute(select(*columns))]
    return rows
