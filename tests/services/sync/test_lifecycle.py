"""Contacts that HubSpot deletes, restores and merges: what becomes of their ties."""

import pytest
from sqlalchemy import select

from plugin.models import Conflict, Contact, Friend, Linkage, db
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.conflicts import move_link
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link, unlink_manually
from tests.support.imports import befriend, contacts_with, imported, list_of
from tests.support.people import NOW, linked
from tests.support.portal import Portal, mute
from tests.support.world import ALICE, BOB, CHARLIE, Tenant, World

pytestmark = pytest.mark.both_databases

A, B = "U" + "a" * 32, "U" + "b" * 32


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    return Portal(world, alice)


def test_a_restored_contact_gets_its_link_back(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    portal.world.work()
    portal.delete(ALICE)
    portal.until(lambda: not portal.tied())
    portal.restore(ALICE)
    portal.until(portal.tied)
    assert portal.tied() == {ALICE: A}
    assert [deed for deed, _, _ in portal.ledger()] == ["linked", "unlinked", "linked"]
    portal.until(lambda: portal.value(ALICE, "line_link_method") == "manual")


def test_a_restored_contact_whose_friend_is_taken_waits_for_a_person(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    portal.world.work()
    portal.delete(ALICE)
    portal.until(lambda: not portal.tied())
    linked(portal.world, portal.tenant, BOB)
    portal.world.work()
    portal.restore(ALICE)
    portal.until(lambda: Conflict.count_open(portal.tenant.installation_id))
    assert portal.tied() == {BOB: A}


def test_a_link_that_a_person_undid_does_not_come_back_with_the_contact(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    with portal.world.app.app_context():
        friend = db.session.scalars(select(Friend)).one()
        assert friend.linkage is not None
        unlink_manually(friend.linkage, "bob@example.com")
    portal.world.work()
    portal.delete(ALICE)
    portal.heard("object.deletion")
    portal.restore(ALICE)
    portal.heard("object.restore")
    assert portal.tied() == {}


def test_what_a_person_undid_of_an_import_does_not_come_back_with_the_contact(
    portal: Portal,
) -> None:
    mute(portal.world)
    (user,) = befriend(portal.world.sandbox, 1)
    (contact_id,) = contacts_with(portal.world.sandbox, [user])
    imported(portal.world, portal.tenant, list_of(portal.world.sandbox, [contact_id]))
    with portal.world.app.app_context():
        unlink_manually(db.session.scalars(select(Linkage)).one(), "bob@example.com")
    portal.world.work()
    for number, kind in enumerate(("object.deletion", "object.restore")):
        portal.tell({"subscriptionType": kind, "objectId": contact_id, "eventId": number})
    assert portal.tied() == {}


def test_a_deletion_that_comes_after_the_restore_is_too_late(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    portal.world.work()
    late = {"subscriptionType": "object.deletion"}
    portal.tell({}, {"subscriptionType": "object.restore", "occurredAt": 1790000000900})
    portal.tell({**late, "occurredAt": 1790000000100})
    assert portal.tied() == {ALICE: A}
    portal.tell({**late, "occurredAt": 1790000001000})
    assert portal.tied() == {}


@pytest.mark.parametrize("new_id", [True, False])
def test_a_merge_carries_the_link_over(portal: Portal, new_id: bool) -> None:
    portal.world.sandbox.control("POST", "/hubspot", {"merge_creates_id": new_id})
    linked(portal.world, portal.tenant, BOB)
    portal.world.work()
    survivor = portal.merge(ALICE, BOB)
    portal.until(lambda: portal.tied() == {survivor: A})
    assert (survivor == ALICE) is not new_id
    assert ("moved", "manual", survivor) in portal.ledger()
    portal.until(lambda: portal.value(survivor) == A)
    with portal.world.app.app_context():
        # Workflows and links that still carry the old id lead to the survivor.
        old = Contact.of_portal(portal.tenant.installation_id, BOB)
        assert old is not None
        assert old.contact_id == survivor
        assert Conflict.count_open(portal.tenant.installation_id) == 0


def test_two_friends_who_meet_by_a_merge_are_a_conflict(portal: Portal) -> None:
    linked(portal.world, portal.tenant, ALICE, A)
    linked(portal.world, portal.tenant, BOB, B)
    portal.world.work()
    survivor = portal.merge(ALICE, BOB)
    portal.until(lambda: portal.tied() == {survivor: A})
    with portal.world.app.app_context():
        conflict = db.session.scalars(Conflict.owned(portal.tenant.installation_id)).unique().one()
        assert conflict.friend.line_user_id == B
        assert conflict.standing_friend.line_user_id == A
        assert conflict.contact.contact_id == survivor


def test_merges_may_be_told_twice_late_and_backwards(portal: Portal) -> None:
    linked(portal.world, portal.tenant, ALICE)
    ids = {"newObjectId": 77, "primaryObjectId": ALICE, "mergedObjectIds": [ALICE, BOB]}
    first = {"subscriptionType": "object.merge", "objectId": 77, **ids}
    ids = {"newObjectId": 88, "primaryObjectId": 77, "mergedObjectIds": [77, 5]}
    second = {"subscriptionType": "object.merge", "objectId": 88, **ids}
    gone = {"subscriptionType": "object.deletion", "objectId": ALICE}
    portal.tell({**second, "eventId": 9})
    portal.tell(gone)
    portal.tell({**first, "eventId": 10})
    portal.tell({**first, "eventId": 11}, {**second, "eventId": 12})
    with portal.world.app.app_context():
        heir = Contact.of_portal(portal.tenant.installation_id, ALICE)
        assert heir is not None
        assert heir.contact_id == 88


def test_a_merge_without_a_webhook_is_found_by_reading(portal: Portal) -> None:
    linked(portal.world, portal.tenant, ALICE)
    portal.world.work()
    mute(portal.world)
    survivor = portal.merge(BOB, ALICE)
    with portal.world.app.app_context(), transaction():
        portal.contact(ALICE).mark_for_pull()
        enqueue("check_contacts", portal.tenant.installation_id, portal.tenant.installation_id)
    portal.until(lambda: portal.tied() == {survivor: A})


def test_a_wish_that_waits_goes_over_with_its_contact(portal: Portal) -> None:
    linked(portal.world, portal.tenant, ALICE, A)
    with portal.world.app.app_context(), transaction():
        friend = get_or_create_friend(portal.world.account(portal.tenant), A, NOW)
        link(
            LinkRequest(
                friend, get_or_create_contact(portal.tenant.installation_id, BOB), "email", "friend"
            )
        )
    survivor = portal.merge(CHARLIE, BOB)
    portal.heard("object.merge")
    with portal.world.app.app_context():
        conflict = db.session.scalars(Conflict.owned(portal.tenant.installation_id)).unique().one()
        assert conflict.contact.contact_id == survivor
        assert move_link(conflict, "bob@example.com")
    assert portal.tied() == {survivor: A}


def test_a_wish_that_the_merge_fulfils_waits_no_more(portal: Portal) -> None:
    linked(portal.world, portal.tenant, ALICE, A)
    with portal.world.app.app_context(), transaction():
        friend = get_or_create_friend(portal.world.account(portal.tenant), A, NOW)
        link(
            LinkRequest(
                friend, get_or_create_contact(portal.tenant.installation_id, BOB), "email", "friend"
            )
        )
    survivor = portal.merge(ALICE, BOB)
    portal.heard("object.merge")
    assert portal.tied() == {survivor: A}
    with portal.world.app.app_context():
        assert Conflict.count_open(portal.tenant.installation_id) == 0


def test_who_was_unlinked_before_a_merge_was_told_is_cleared_there(portal: Portal) -> None:
    linked(portal.world, portal.tenant, BOB, A)
    portal.world.work()
    mute(portal.world)
    portal.world.sandbox.control("POST", "/hubspot", {"merge_creates_id": True})
    survivor = portal.merge(ALICE, BOB)
    assert portal.value(survivor) == A
    with portal.world.app.app_context():
        unlink_manually(db.session.scalars(select(Linkage)).one(), "bob@example.com")
    ids = {"newObjectId": survivor, "primaryObjectId": ALICE, "mergedObjectIds": [ALICE, BOB]}
    portal.tell({"subscriptionType": "object.merge", "objectId": survivor, **ids})
    assert portal.tied() == {}
    assert portal.value(survivor) == ""


def test_a_restore_of_what_is_merged_by_now_changes_nothing(portal: Portal) -> None:
    linked(portal.world, portal.tenant, BOB, A)
    portal.world.work()
    mute(portal.world)
    survivor = portal.merge(ALICE, BOB)
    ids = {"newObjectId": survivor, "primaryObjectId": ALICE, "mergedObjectIds": [ALICE, BOB]}
    portal.tell({"subscriptionType": "object.merge", "objectId": survivor, **ids})
    portal.tell({"subscriptionType": "object.restore", "objectId": BOB, "eventId": 9})
    assert portal.tied() == {survivor: A}
    assert portal.value(survivor) == A


def test_a_deletion_told_after_the_restore_of_a_stranger_is_too_late(portal: Portal) -> None:
    mute(portal.world)
    (user,) = befriend(portal.world.sandbox, 1)
    about = {"objectId": ALICE, "eventId": 1}
    portal.tell(
        {**about, "subscriptionType": "object.restore", "occurredAt": 1790000000500},
    )
    linked(portal.world, portal.tenant, ALICE, user)
    portal.tell(
        {**about, "subscriptionType": "object.deletion", "occurredAt": 1790000000100},
    )
    assert portal.tied() == {ALICE: user}
