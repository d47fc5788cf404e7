"""Where a walk ends well: who is welcomed, led to add the account, or linked already."""

import pytest

from plugin.core.clock import utcnow
from plugin.models import Friend, db
from plugin.models.transaction import transaction
from tests.sandbox.line.rig import ALICE as ALICE_ON_LINE
from tests.sandbox.line.rig import BOB as BOB_ON_LINE
from tests.support.people import linked
from tests.support.world import CHARLIE, Tenant, World
from tests.web.login_flow.browser import Phone, attempts, facts, made_contacts, visits


def test_a_code_that_links_nothing_says_welcome(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction():
        world.code(alice).linkage_type = "none"
    before, phone = facts(world), Phone()
    phone.scan(world, alice)
    assert (phone.page.status, phone.outcome) == (200, "welcome")
    assert visits(world, alice) == {"scan": 1, "login": 1, "welcome": 1}
    assert facts(world) == before
    phone.go(phone.page.url)
    assert visits(world, alice)["welcome"] == 1


@pytest.mark.parametrize("person", ["alice", "charlie"])
def test_who_is_no_friend_yet_is_led_to_add_the_account(
    world: World, alice: Tenant, person: str
) -> None:
    phone = Phone(person)
    phone.scan(world, alice, friend="skip")
    phone.submit()
    assert phone.outcome == "linked"
    # Charlie was a friend before Musubi came: the chat is open to him.
    address = f"{world.sandbox.url}/line-access/R/ti/p/%40sandbox"
    button = "add-friend" if person == "alice" else "chat"
    assert f'class="button" data-testid="{button}" href="{address}"' in phone.page.html
    assert phone.page.html.count(address) == 1
    assert phone.go(address).status == 200


def test_who_added_the_account_meanwhile_is_asked_no_more(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.scan(world, alice, friend="skip")
    phone.submit()
    assert 'data-testid="add-friend"' in phone.page.html
    with world.app.app_context(), transaction():
        friend = db.session.query(Friend).one()
        friend.note_status("following", utcnow())
    phone.go(phone.page.url)
    assert 'data-testid="add-friend"' not in phone.page.html
    assert "Open the chat" in phone.page.text


def test_unblocking_on_the_way_is_told_to_hubspot(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.scan(world, alice)
    phone.submit()
    with world.app.app_context(), transaction():
        db.session.query(Friend).one().note_status("blocked", utcnow())
    world.work()
    phone.press(world, alice)
    world.work()
    assert phone.outcome == "already_linked"
    assert world.sandbox.contact()["line_friend_status"] == "following"


def test_a_linked_friend_who_scans_again_makes_no_contact_and_no_conflict(
    world: World, alice: Tenant
) -> None:
    """Even where LINE vouches for another contact's e-mail address, or for none."""
    linked(world, alice, CHARLIE, ALICE_ON_LINE)
    linked(world, alice, 150000000007, BOB_ON_LINE)
    before, made = facts(world), made_contacts(world)
    for person in ("alice", "bob"):
        phone = Phone(person)
        phone.scan(world, alice)
        assert (phone.page.status, phone.outcome) == (200, "already_linked")
    assert (facts(world), made_contacts(world)) == (before, made)
    assert visits(world, alice)["already_linked"] == 2
    assert attempts(world) == 2
