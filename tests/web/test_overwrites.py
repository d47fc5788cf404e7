"""Two tabs at one form: the later one overwrites nothing that it has not shown."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from plugin.core.overwrites import ChangedMeanwhile, fingerprints
from plugin.models import Conflict, ListImport, Template, TemplateVersion, db
from plugin.models.transaction import transaction
from plugin.services.linkage.link import unlink_manually
from plugin.services.message_templates.library import editable, save_version
from plugin.services.qr_codes import codes
from plugin.services.qr_codes.codes import change_qr_code
from plugin.services.qr_codes.settings import choices_of
from tests.support.imports import befriend, contacts_with, imported, list_of
from tests.support.people import friend_of, linked
from tests.support.walker import Page, Walker
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.message_templates.editor import HELLO, kept, write
from tests.web.pages import marks
from tests.web.qr_codes.test_settings import GOOD, chosen

pytestmark = pytest.mark.both_databases


def sent_from(walker: Walker, page: Page, action: str = "", **fields: str) -> Page:
    """Send a form as it stands on a page that was loaded before."""
    walker.page = page
    place = next(
        at for at, form in enumerate(page.forms) if form.method == "post" and form.action == action
    )
    return walker.submit(place, None, **fields)


def test_a_second_tab_overwrites_no_qr_code(world: World, alice: Tenant) -> None:
    walker, address = alice.walker, f"{world.url}/qr-codes/{alice.qr_code_id}/edit"
    first, second = walker.go(address), walker.go(address)
    assert sent_from(walker, first, greeting="Hello", tags="VIP").status == 200
    page = sent_from(walker, second, name="Poster", greeting="Good day")
    assert page.status == 409
    assert "changed-meanwhile" in marks(page)
    assert "Greeting is now: Hello" in page.text
    assert "Tags to give is now: VIP" in page.text
    assert "Name is now" not in page.text
    code = chosen(world, alice)
    assert (code.name, code.greeting, code.tags) == ("Counter", "Hello", ["VIP"])
    # What was typed stands; where nothing was typed stands what was saved meanwhile.
    fields = page.forms[-1].fields
    assert (fields["name"], fields["tags"]) == ("Poster", "VIP")
    assert "Good day</textarea>" in page.html
    assert sent_from(walker, page, greeting="Good day").status == 200
    code = chosen(world, alice)
    assert (code.name, code.greeting, code.tags) == ("Poster", "Good day", ["VIP"])


def test_a_mistake_between_hides_no_change(world: World, alice: Tenant) -> None:
    """A form that came back with a complaint still stands for the row as it was loaded."""
    walker, address = alice.walker, f"{world.url}/qr-codes/{alice.qr_code_id}/edit"
    first, second = walker.go(address), walker.go(address)
    refused = sent_from(walker, second, name="")
    assert refused.status == 422
    assert sent_from(walker, first, greeting="Hello").status == 200
    assert sent_from(walker, refused, name="Poster").status == 409
    assert chosen(world, alice).greeting == "Hello"


def test_nobody_else_changed_anything_and_all_is_saved(world: World, alice: Tenant) -> None:
    walker = alice.walker
    page = walker.go(f"{world.url}/qr-codes/{alice.qr_code_id}/edit")
    assert sent_from(walker, page, **GOOD).status == 200
    page = walker.go(f"{world.url}/qr-codes/{alice.qr_code_id}/edit")
    assert sent_from(walker, page, name="Poster again").status == 200
    assert chosen(world, alice).name == "Poster again"


def test_a_second_tab_overwrites_no_template(world: World, alice: Tenant) -> None:
    walker, page = alice.walker, write(world, alice)
    first, second = walker.go(page.url), walker.go(page.url)
    said = {"act": "save", "bubble.0.kind": "text"}
    page = sent_from(walker, first, **said, **{"bubble.0.text": "Good day"})
    assert "Saved as version 2" in page.text
    page = sent_from(walker, second, **said, **{"bubble.0.text": "Good night"})
    assert page.status == 409
    assert "Messages is now: version 2, by admin@example.com" in page.text
    assert kept(world)[0][1] == [{"type": "text", "text": "Good day"}]
    assert "Good night</textarea>" in page.html
    page = sent_from(walker, page, **said, **{"bubble.0.text": "Good night"})
    assert "Saved as version 3" in page.text


def test_the_editors_small_buttons_keep_what_was_seen(world: World, alice: Tenant) -> None:
    walker, page = alice.walker, write(world, alice)
    added = sent_from(walker, walker.go(page.url), **{**HELLO, "act": "add:text"})
    with world.app.app_context():
        template = db.session.scalars(select(Template)).one()
        save_version(template, "Greeting", TemplateVersion.current(template).messages)
    both = {**HELLO, "bubble.1.text": "And more"}
    page = sent_from(walker, added, act="save", name="Welcome", **both)
    assert page.status == 409
    assert "Name is now: Greeting" in page.text


def test_a_second_tab_overwrites_no_interval(world: World, alice: Tenant) -> None:
    contacts = contacts_with(world.sandbox, befriend(world.sandbox, 1))
    number = imported(world, alice, list_of(world.sandbox, contacts))
    walker, address = alice.walker, f"{world.url}/import/{number}"
    path = f"/import/{number}/interval"
    first, second = walker.go(address), walker.go(address)
    assert "Saved." in sent_from(walker, first, path, every_minutes="15").text
    page = sent_from(walker, second, path, every_minutes="1440")
    assert page.status == 409
    assert "How often is now: Every 15 minutes" in page.text
    with world.app.app_context():
        assert db.session.get_one(ListImport, number).every_minutes == 15
    assert walker.go(f"{world.url}{path}").url == address
    walker.page = page
    assert "Saved." in sent_from(walker, page, path, every_minutes="1440").text


def test_another_link_is_not_unlinked_by_an_old_page(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    old = alice.walker.go(f"{world.url}/friends/{friend_id}")
    with world.app.app_context():
        linkage = friend_of(friend_id).linkage
        assert linkage is not None
        unlink_manually(linkage, "bob@example.com")
    linked(world, alice, BOB)
    page = sent_from(alice.walker, old, f"/friends/{friend_id}/unlink")
    assert "Nothing was unlinked" in page.text
    with world.app.app_context():
        now = friend_of(friend_id).linkage
        assert now is not None
        assert now.contact.contact_id == BOB


@pytest.mark.parametrize("deed", ["keep", "move"])
def test_a_conflict_is_decided_as_it_was_shown(world: World, alice: Tenant, deed: str) -> None:
    friend_id, contact_row = linked(world, alice)
    other_id, other_row = linked(world, alice, BOB, "U" + "b" * 32)
    with world.app.app_context(), transaction() as session:
        friend = friend_of(friend_id)
        conflict = Conflict(
            installation_id=alice.installation_id, official_account_id=alice.account_id,
            friend_id=friend_id, contact_row_id=other_row,
            standing_friend_id=friend_id, standing_contact_row_id=contact_row,
            decision="friend_taken", method="qr", actor="friend",
            opened_at=friend.created_at, seen_at=friend.created_at,
        )  # fmt: skip
        session.add(conflict)
        session.flush()
        number = conflict.id
    page = alice.walker.go(f"{world.url}/conflicts")
    with world.app.app_context(), transaction():
        again = db.session.get_one(Conflict, number)
        again.decision, again.standing_friend_id = "contact_taken", other_id
    page = sent_from(alice.walker, page, f"/conflicts/{number}/{deed}")
    assert "Another link is in the way by now" in page.text
    with world.app.app_context():
        assert db.session.get_one(Conflict, number).decided_at is None
        linkage = friend_of(friend_id).linkage
        assert linkage is not None
        assert linkage.contact.contact_id == ALICE


@pytest.mark.parametrize("seen", ["", "[", "[1]", "[" * 3000, '{"name": 1}'])
def test_a_spoilt_mark_is_no_crash(world: World, alice: Tenant, seen: str) -> None:
    page = alice.walker.go(f"{world.url}/qr-codes/{alice.qr_code_id}/edit")
    assert sent_from(alice.walker, page, name="Poster", seen=seen).status in (200, 409)


@pytest.mark.parametrize("guarded", [True, False])
def test_of_two_who_save_at_one_moment_none_is_lost(
    world: World, alice: Tenant, guarded: bool
) -> None:
    """Guarded, the later one is told; unguarded, as for programs, it makes the next version."""
    write(world, alice)
    ready = Barrier(2)

    def save(text: str) -> str:
        with world.app.app_context():
            template = db.session.scalars(db.select(Template)).one()
            seen = fingerprints(editable(template)) if guarded else None
            ready.wait(20)
            try:
                save_version(template, "Welcome", [{"type": "text", "text": text}], seen=seen)
            except ChangedMeanwhile:
                return "told"
            return "saved"

    with ThreadPoolExecutor(2) as threads:
        came = sorted(threads.map(save, ("One", "Two")))
    assert came == (["saved", "told"] if guarded else ["saved", "saved"])
    with world.app.app_context():
        numbers = {one.number for one in db.session.scalars(db.select(TemplateVersion))}
        template = db.session.scalars(db.select(Template)).one()
        assert numbers == ({1, 2} if guarded else {1, 2, 3})
        assert template.version == max(numbers)


def test_of_two_who_change_a_code_at_one_moment_one_is_told(world: World, alice: Tenant) -> None:
    ready = Barrier(2)

    def change(name: str) -> str:
        with world.app.app_context():
            code = world.code(alice)
            seen = fingerprints(codes.editable(code))
            ready.wait(20)
            try:
                change_qr_code(code, choices_of(code)._replace(name=name), seen=seen)
            except ChangedMeanwhile:
                return "told"
            return name

    with ThreadPoolExecutor(2) as threads:
        came = set(threads.map(change, ("One", "Two")))
    assert came == {"told", chosen(world, alice).name}
