"""A contact whose LINE User ID property held something before Musubi came."""

import pytest
from sqlalchemy import select

from plugin.models import Conflict, HistoryEntry, Linkage, db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.transaction import transaction
from plugin.services.contacts.outbox import mark_account_for_push
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.link import unlink_manually
from plugin.services.linkage.manual import link_manually
from plugin.services.linkage.undo import undo
from plugin.services.sync.hubspot_events import store_hubspot_events
from plugin.services.sync.lifecycle import erase
from tests.support.imports import befriend, calls, imported, list_of, run_again
from tests.support.people import NOW, line_user, linked
from tests.support.portal import Portal, mute
from tests.support.world import ALICE, BOB, PORTAL, Tenant, World
from tests.web.login_flow.browser import Phone, personal_link

pytestmark = pytest.mark.both_databases

OLD = "U" + "e" * 32


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    portal = Portal(world, alice)
    # What stood there before the install is told by nobody.
    mute(world)
    return portal


def scan(portal: Portal) -> str:
    """Bob presses the button of an e-mail to Alice's contact and says yes."""
    phone = Phone("bob")
    phone.follow(personal_link(portal.world, portal.tenant))
    phone.submit()
    portal.world.work()
    return phone.outcome


def lines(portal: Portal) -> list[HistoryEntry]:
    mine = HistoryEntry.owned(portal.tenant.installation_id).order_by(HistoryEntry.id)
    return list(db.session.scalars(mine))


@pytest.mark.parametrize("found", ["kept by an earlier tool", OLD])
def test_a_scan_writes_over_what_is_nobodys_and_an_undo_puts_it_back(
    portal: Portal, found: str
) -> None:
    portal.write(ALICE, line_user_id=found)
    assert scan(portal) == "linked"
    assert portal.value(ALICE) == line_user("bob")
    with portal.world.app.app_context():
        refused, tied = lines(portal)
        assert (refused.event_type, refused.line_user_id, refused.contact_id) == (
            "refused",
            found,
            ALICE,
        )
        assert (tied.event_type, tied.method, tied.before) == (
            "linked",
            "email",
            {"replaced": found},
        )
        assert undo(tied, "bob@example.com") == "undone"
    portal.world.work()
    assert portal.tied() == {}
    assert portal.value(ALICE) == found
    assert portal.value(ALICE, "line_link_method") == ""
    # And so it stays, however often it is looked at.
    with portal.world.app.app_context(), transaction():
        portal.contact(ALICE).mark_for_pull()
        portal.contact(ALICE).mark_for_push()
    portal.world.work()
    assert portal.value(ALICE) == found


def test_who_asks_to_be_forgotten_leaves_no_value_in_the_history(portal: Portal) -> None:
    portal.write(ALICE, line_user_id=OLD)
    assert scan(portal) == "linked"
    with portal.world.app.app_context():
        with transaction():
            erase(portal.contact(ALICE), "contact.privacyDeletion")
        told = [(one.event_type, one.line_user_id, one.before) for one in lines(portal)]
        assert [deed for deed, _, _ in told][:2] == ["refused", "linked"]
        assert OLD not in str(told)
        assert line_user("bob") not in str(told)


def test_a_scan_does_not_take_the_contact_of_a_known_friend(portal: Portal) -> None:
    with portal.world.app.app_context(), transaction():
        get_or_create_friend(portal.world.account(portal.tenant), OLD, NOW)
    portal.write(ALICE, line_user_id=OLD)
    assert scan(portal) == "contact_taken"
    assert portal.tied() == {ALICE: OLD}
    assert portal.value(ALICE) == OLD
    assert [deed for deed, _, _ in portal.ledger()] == ["linked", "conflict"]
    with portal.world.app.app_context():
        assert db.session.scalars(select(Conflict)).one().friend.line_user_id == line_user("bob")


def test_who_stands_there_already_is_linked_by_the_scan(portal: Portal) -> None:
    portal.write(ALICE, line_user_id=line_user("bob"))
    assert scan(portal) == "linked"
    assert portal.ledger() == [("linked", "email", ALICE)]


def test_a_program_meets_the_known_friend_too(portal: Portal) -> None:
    with portal.world.app.app_context():
        account = portal.world.account(portal.tenant)
        with transaction():
            get_or_create_friend(account, OLD, NOW)
        portal.write(ALICE, line_user_id=OLD)
        tied = link_manually(portal.world.deps, account, ALICE, line_user("charlie"), "a key")
        assert tied.decision == "contact_taken"
    assert portal.tied() == {ALICE: OLD}


def test_properties_that_were_deleted_in_hubspot_are_filled_again(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    linked(portal.world, portal.tenant, BOB, OLD)
    portal.world.work()
    assert portal.value(BOB) == OLD
    for contact_id in (ALICE, BOB):
        # HubSpot brings a property back empty.
        portal.write(contact_id, line_user_id="", line_display_name="")
    with portal.world.app.app_context(), transaction():
        account = db.session.get_one(OfficialAccount, portal.tenant.account_id)
        mark_account_for_push(account, recreated=True)
    portal.world.work()
    assert (portal.value(ALICE), portal.value(BOB)) == ("U" + "a" * 32, OLD)
    assert [deed for deed, _, _ in portal.ledger()] == ["linked", "linked"]


def test_an_import_writes_over_what_is_nobodys_and_an_undo_puts_it_back(portal: Portal) -> None:
    first, second = befriend(portal.world.sandbox, 2)
    portal.write(ALICE, jobtitle=first, line_user_id="n/a")
    portal.write(BOB, jobtitle=second)
    list_id = list_of(portal.world.sandbox, [ALICE, BOB])
    import_id = imported(portal.world, portal.tenant, list_id, "jobtitle", every=0)
    assert portal.tied() == {ALICE: first, BOB: second}
    assert portal.value(ALICE) == first
    with portal.world.app.app_context():
        told = {(one.contact_id, one.event_type): one for one in lines(portal)}
        assert told[ALICE, "refused"].line_user_id == "n/a"
        assert told[ALICE, "linked"].before == {"replaced": "n/a"}
        assert told[BOB, "linked"].before == {}
        assert undo(told[ALICE, "linked"], "bob@example.com") == "undone"
    portal.world.work()
    assert portal.value(ALICE) == "n/a"
    # And so it stays when the list is read once more.
    assert run_again(portal.world, import_id) == {"read": 2, "already_linked": 1, "conflict": 1}
    assert portal.value(ALICE) == "n/a"


def test_a_change_of_an_imports_property_links_like_one_of_the_accounts_own(
    portal: Portal,
) -> None:
    """Where whoever runs Musubi has subscribed to it."""
    first, second = befriend(portal.world.sandbox, 2)
    portal.write(ALICE, jobtitle=first)
    list_id = list_of(portal.world.sandbox, [ALICE])
    imported(portal.world, portal.tenant, list_id, "jobtitle", every=0)
    assert portal.tied() == {ALICE: first}
    # Bob is on no list, but the property is one that holds LINE User IDs.
    tell(portal, BOB, "jobtitle", second)
    assert portal.tied() == {ALICE: first, BOB: second}
    assert portal.ledger()[-1] == ("linked", "property", BOB)
    assert portal.value(BOB) == second
    # Unlinked by a person, it stays so: the property is not the account's own.
    with portal.world.app.app_context():
        tied = db.session.scalars(select(Linkage).order_by(Linkage.id.desc())).first()
        assert tied is not None
        unlink_manually(tied, "bob@example.com")
    portal.world.work()
    tell(portal, ALICE, "jobtitle", "")
    assert portal.tied() == {ALICE: first}


def test_a_property_of_nobody_costs_no_call(portal: Portal) -> None:
    portal.world.sandbox.control("DELETE", "/calls")
    tell(portal, BOB, "jobtitle", line_user("charlie"))
    assert portal.tied() == {}
    assert not [call for call in calls(portal.world.sandbox) if "batch/read" in call]


def tell(portal: Portal, contact_id: int, name: str, value: str) -> None:
    """Somebody changes a property, and HubSpot tells of it."""
    portal.write(contact_id, **{name: value})
    event = {
        "eventId": contact_id, "portalId": PORTAL, "occurredAt": 1790000000000,
        "subscriptionType": "object.propertyChange", "objectId": contact_id,
        "propertyName": name, "propertyValue": value,
    }  # fmt: skip
    with portal.world.app.app_context():
        assert store_hubspot_events([event]) == 1
    portal.world.work()
