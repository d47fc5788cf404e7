"""Which version of a template a broadcast sends, before it starts, while it waits, and after."""

from datetime import timedelta

import pytest

from plugin.core.clock import utcnow
from plugin.models import Broadcast, Template, Variant, db
from plugin.models.transaction import transaction
from plugin.services.message_templates.library import (
    archive_template,
    create_template,
    save_version,
)
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.broadcasts.drafts import begin, colleague, kept, post
from tests.web.broadcasts.test_sending import rules, send, states, two_friends
from tests.web.pages import marks


def text(words: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": words}]


def of_template(world: World, tenant: Tenant) -> tuple[str, int]:
    """A draft that sends a template, at its last step; answers its path and the template's id."""
    two_friends(world, tenant)
    with world.app.app_context():
        template_id = create_template(world.account(tenant), "Welcome", text("First words")).id
    path = begin(world, tenant)
    chosen = {"source": "template", "template": str(template_id)}
    assert post(tenant.walker, f"{path}/what", act="save", **chosen).url.endswith("/when")
    assert post(tenant.walker, f"{path}/when").url.endswith("/check")
    return path, template_id


def publish(world: World, template_id: int, words: str) -> None:
    with world.app.app_context():
        save_version(db.session.get_one(Template, template_id), "Welcome", text(words))


def planned(world: World, minutes: int = 60) -> None:
    with world.app.app_context(), transaction() as session:
        session.scalars(db.select(Broadcast)).one().schedule_at = utcnow() + timedelta(
            minutes=minutes
        )


def look(world: World, tenant: Tenant, path: str) -> Page:
    return tenant.walker.go(f"{world.url}{path}")


def frozen(world: World) -> tuple[int | None, str]:
    with world.app.app_context():
        variant = db.session.scalars(db.select(Variant)).one()
        return variant.template_version, variant.messages[0]["text"]


def test_a_draft_and_a_scheduled_one_send_the_newest(world: World, alice: Tenant) -> None:
    path, template_id = of_template(world, alice)
    page = look(world, alice, f"{path}/check")
    assert "Welcome · version 1" in page.text
    assert "The newest version goes out when the broadcast starts." in page.text
    assert "Welcome · version 1" in look(world, alice, f"{path}/what").text
    planned(world)
    send(alice, path, 2)
    publish(world, template_id, "Second words")
    page = look(world, alice, path)
    assert "Welcome · version 2" in page.text
    assert "Second words" in page.text
    assert "newer-version" not in marks(page)
    planned(world, -1)
    world.work(ahead=2 * 60 * 60)
    assert states(world) == {"sent": 2}
    assert frozen(world) == (2, "Second words")


def test_a_finished_one_says_what_it_sent(world: World, alice: Tenant) -> None:
    path, template_id = of_template(world, alice)
    send(alice, path, 2)
    world.work()
    publish(world, template_id, "Second words")
    page = look(world, alice, path)
    assert "Welcome · version 1" in page.text
    assert "First words" in page.text
    assert "Second words" not in page.text
    assert f"/templates/{template_id}?version=1" in page.html
    assert "newer-version" not in marks(page)
    with world.app.app_context():
        archive_template(db.session.get_one(Template, template_id))
    page = look(world, alice, path)
    assert "Welcome · version 1" in page.text
    assert f"/templates/{template_id}" not in page.html


def waiting(world: World, alice: Tenant) -> tuple[str, int]:
    """One that waits for approval with version 1, where version 2 is published by now."""
    rules(world, alice, approval_above=1)
    path, template_id = of_template(world, alice)
    planned(world)
    send(alice, path, 2)
    world.work()
    publish(world, template_id, "Second words")
    return path, template_id


def test_a_frozen_one_keeps_its_version_until_a_person_takes_the_newest(
    world: World, alice: Tenant
) -> None:
    path, _ = waiting(world, alice)
    page = look(world, alice, path)
    assert "Welcome · version 1" in page.text
    assert "First words" in page.text
    assert "newer-version" in marks(page)
    assert "approved again" not in page.text
    page = post(alice.walker, f"{path}/newest")
    assert "It sends the newest version now." in page.text
    assert "Second words" in page.text
    assert "newer-version" not in marks(page)
    assert frozen(world) == (2, "Second words")
    assert kept(world).approval == "asked"


def test_other_words_are_approved_again_by_somebody_else(world: World, alice: Tenant) -> None:
    path, _ = waiting(world, alice)
    bob = colleague(world, alice)
    bob.go(f"{world.url}{path}")
    post(bob, f"{path}/approve")
    assert kept(world).approval == "approved"
    assert "approved again" in bob.page.text
    post(bob, f"{path}/newest")
    assert (kept(world).approval, kept(world).approved_by) == ("asked", "")
    assert "Not approved" in post(bob, f"{path}/approve").text
    alice.walker.go(f"{world.url}{path}")
    post(alice.walker, f"{path}/approve")
    assert kept(world).approval == "approved"
    planned(world, -1)
    world.work()
    assert states(world) == {"sent": 2}
    assert frozen(world) == (2, "Second words")


def test_nobody_approves_words_that_they_have_not_read(world: World, alice: Tenant) -> None:
    path, _ = waiting(world, alice)
    bob = colleague(world, alice)
    page = bob.go(f"{world.url}{path}")
    (form,) = [form for form in page.forms if form.action.endswith("/approve")]
    look(world, alice, path)
    post(alice.walker, f"{path}/newest")
    assert "Read them first" in post(bob, f"{path}/approve", read=form.fields["read"]).text
    assert kept(world).approval == "asked"
    (form,) = [form for form in bob.page.forms if form.action.endswith("/approve")]
    post(bob, f"{path}/approve", read=form.fields["read"])
    assert kept(world).approval == "approved"


def test_a_template_that_is_archived_by_now_changes_nothing(world: World, alice: Tenant) -> None:
    path, template_id = waiting(world, alice)
    look(world, alice, path)
    with world.app.app_context():
        archive_template(db.session.get_one(Template, template_id))
    post(alice.walker, f"{path}/newest")
    assert frozen(world) == (1, "First words")
    assert "newer-version" not in marks(look(world, alice, path))


@pytest.mark.parametrize("state", ["draft", "finished"])
def test_what_waits_for_nothing_takes_no_version(world: World, alice: Tenant, state: str) -> None:
    path, template_id = of_template(world, alice)
    if state == "finished":
        send(alice, path, 2)
        world.work()
    before = frozen(world) if state == "finished" else None
    publish(world, template_id, "Second words")
    page = post(alice.walker, f"{path}/newest")
    assert "Nothing was changed" in page.text
    if before:
        assert frozen(world) == before
