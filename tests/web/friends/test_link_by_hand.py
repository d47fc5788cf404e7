"""Linking by hand: a contact is looked up in HubSpot and chosen; nothing is moved unasked."""

import pytest

from plugin.models import Conflict, Linkage, db
from plugin.models.transaction import transaction
from plugin.services.friends.records import get_or_create_friend
from tests.support.people import NOW, linked
from tests.support.portal import Portal
from tests.support.walker import Page
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.pages import csrf_of, marks

pytestmark = pytest.mark.both_databases


@pytest.fixture
def loose(world: World, alice: Tenant) -> int:
    """A friend who is linked with nobody."""
    with world.app.app_context(), transaction() as session:
        friend = get_or_create_friend(world.account(alice), "U" + "c" * 32, NOW)
        friend.display_name = "Loose"
        session.flush()
        return friend.id


def search(world: World, tenant: Tenant, friend_id: int, words: str) -> Page:
    page = tenant.walker.go(f"{world.url}/friends/{friend_id}/link")
    forms = [form.method == "get" and not form.action for form in page.forms]
    return tenant.walker.submit(forms.index(True), q=words)


def press(tenant: Tenant) -> Page:
    """Press the button of the only contact that is offered."""
    offered = ["standing" in form.fields for form in tenant.walker.page.forms]
    return tenant.walker.submit(offered.index(True))


def contact_of(world: World, friend_id: int) -> int | None:
    with world.app.app_context():
        linkage = db.session.scalar(db.select(Linkage).where(Linkage.friend_id == friend_id))
        return linkage.contact.contact_id if linkage else None


@pytest.mark.parametrize("words", ["Alice Example", "alice@example", str(ALICE)])
def test_a_contact_is_found_by_name_address_or_id_and_linked(
    world: World, alice: Tenant, loose: int, words: str
) -> None:
    page = search(world, alice, loose, words)
    assert marks(page).count("candidate") == 1
    assert "taken" not in marks(page)
    page = press(alice)
    assert page.url == f"{world.url}/friends/{loose}"
    assert "Linked. HubSpot's LINE properties follow in a moment." in page.text
    assert "admin@example.com" in page.text
    assert contact_of(world, loose) == ALICE
    world.work()
    assert world.sandbox.contact(ALICE)["line_user_id"] == "U" + "c" * 32


def test_a_contact_of_another_friend_is_said_and_moved_only_by_its_own_button(
    world: World, alice: Tenant, loose: int
) -> None:
    other, _ = linked(world, alice)
    page = search(world, alice, loose, "alice@example.com")
    assert "taken" in marks(page)
    assert "Link instead of that friend" in page.text
    page = press(alice)
    assert "what stood in the way was unlinked" in page.text
    assert (contact_of(world, loose), contact_of(world, other)) == (ALICE, None)


def test_a_linked_friend_gets_another_contact_and_loses_the_first(
    world: World, alice: Tenant
) -> None:
    friend_id, _ = linked(world, alice)
    page = search(world, alice, friend_id, str(BOB))
    assert "linked-now" in marks(page)
    press(alice)
    assert contact_of(world, friend_id) == BOB
    page = search(world, alice, friend_id, str(BOB))
    assert "Linked with this friend" in page.text
    assert "link" not in marks(page)


def test_a_link_made_meanwhile_is_not_moved(world: World, alice: Tenant, loose: int) -> None:
    search(world, alice, loose, str(ALICE))
    other, _ = linked(world, alice)
    page = press(alice)
    assert "Somebody linked one of the two meanwhile." in page.text
    assert "taken" in marks(page)
    assert (contact_of(world, loose), contact_of(world, other)) == (None, ALICE)
    with world.app.app_context():
        assert Conflict.count_open(alice.installation_id) == 0


def test_pressing_twice_is_pressing_once(world: World, alice: Tenant, loose: int) -> None:
    page = search(world, alice, loose, str(ALICE))
    form = {"csrf_token": csrf_of(page), "contact_id": str(ALICE), "standing": "-"}
    for said in ("Linked. HubSpot", "The two are linked already."):
        answer = alice.walker.session.post(page.url, data=form)
        assert said in answer.text


def test_a_contact_that_is_deleted_meanwhile_is_said(
    world: World, alice: Tenant, loose: int
) -> None:
    search(world, alice, loose, str(ALICE))
    Portal(world, alice).delete(ALICE)
    page = press(alice)
    assert "HubSpot has this contact no more." in page.text
    assert "nobody" in marks(page)
    assert contact_of(world, loose) is None


@pytest.mark.parametrize(
    ("words", "status", "mark"),
    [("", 200, "words"), ("nobody-at-all", 200, "nobody"), ("x" * 5000, 422, "error")],
)
def test_what_finds_nobody_is_said_and_kept(
    world: World, alice: Tenant, loose: int, words: str, status: int, mark: str
) -> None:
    page = search(world, alice, loose, words)
    assert page.status == status
    assert mark in marks(page)
    assert f'value="{words}"' in page.html


@pytest.mark.parametrize("contact_id", ["", "x", "0", "9" * 30])
def test_what_is_no_id_links_nobody(
    world: World, alice: Tenant, loose: int, contact_id: str
) -> None:
    page = search(world, alice, loose, str(ALICE))
    form = {"csrf_token": csrf_of(page), "contact_id": contact_id, "standing": "-"}
    answer = alice.walker.session.post(f"{world.url}/friends/{loose}/link", data=form)
    assert "HubSpot has this contact no more." in answer.text
    assert contact_of(world, loose) is None


def test_hubspot_that_does_not_answer_is_said(world: World, alice: Tenant, loose: int) -> None:
    world.sandbox.fail("/contacts/search", {"status": 502}, times=9)
    page = search(world, alice, loose, "alice")
    assert page.status == 503
    assert "HubSpot did not answer, so nothing was done." in page.text
    assert 'value="alice"' in page.html
