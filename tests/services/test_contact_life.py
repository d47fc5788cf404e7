"""Contacts that HubSpot deletes, restores, merges and forgets: what becomes of their ties."""

from typing import Any

import pytest
from sqlalchemy import select

from plugin.models import (
    ActionCall,
    Conflict,
    Contact,
    Delivery,
    Friend,
    LedgerEntry,
    Linkage,
    LoginAttempt,
    WebhookEvent,
    db,
)
from plugin.models.base import transaction
from plugin.models.job import plant
from plugin.services.conflicts import move_link
from plugin.services.link_friend import Wish, contact_row, friend_row, tie, untie_by_hand
from tests.doors.friend_rig import Phone, personal_link
from tests.imports import befriend, contacts_with, imported, list_of, outcomes
from tests.people import NOW, line_user, linked
from tests.portal import Portal, mute
from tests.signing import hubspot_post
from tests.world import ALICE, BOB, CHARLIE, PORTAL, Tenant, World

NOW_MS = 1790000000000
A, B = "U" + "a" * 32, "U" + "b" * 32


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    return Portal(world, alice)


def told(portal: Portal, *events: dict[str, Any]) -> None:
    """HubSpot's own words, in whichever order and batch."""
    whole = [
        {
            "eventId": n,
            "portalId": PORTAL,
            "occurredAt": 1790000000000 + n,
            "objectId": ALICE,
            **one,
        }
        for n, one in enumerate(events)
    ]
    assert hubspot_post(f"{portal.world.url}/hubspot/webhooks", whole).status_code == 200
    portal.world.work()


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
        untie_by_hand(friend.linkage, "bob@example.com")
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
        untie_by_hand(db.session.scalars(select(Linkage)).one(), "bob@example.com")
    portal.world.work()
    for number, kind in enumerate(("object.deletion", "object.restore")):
        told(portal, {"subscriptionType": kind, "objectId": contact_id, "eventId": number})
    assert portal.tied() == {}


def test_a_deletion_that_comes_after_the_restore_is_too_late(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    portal.world.work()
    late = {"subscriptionType": "object.deletion"}
    told(portal, {}, {"subscriptionType": "object.restore", "occurredAt": 1790000000900})
    told(portal, {**late, "occurredAt": 1790000000100})
    assert portal.tied() == {ALICE: A}
    told(portal, {**late, "occurredAt": 1790000001000})
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
    told(portal, {**second, "eventId": 9})
    told(portal, gone)
    told(portal, {**first, "eventId": 10})
    told(portal, {**first, "eventId": 11}, {**second, "eventId": 12})
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
        portal.contact(ALICE).owe_check()
        plant("check_contacts", portal.tenant.installation_id, portal.tenant.installation_id)
    portal.until(lambda: portal.tied() == {survivor: A})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_forgotten_person_is_forgotten_whichever_event_comes_first(
    portal: Portal, order: tuple[int, int]
) -> None:
    friend_id, _ = linked(portal.world, portal.tenant)
    with portal.world.app.app_context(), transaction():
        account_id = portal.tenant.account_id
        db.session.add(
            Delivery(official_account_id=account_id, friend_id=friend_id, retry_key="k",
                     messages=[{"type": "text", "text": "secret"}], created_at=NOW)
        )  # fmt: skip
        event = {"source": {"type": "user", "userId": A}, "message": {"id": "1", "text": "secret"}}
        db.session.add(
            WebhookEvent(source="line", owner_id=account_id, event_key="e", kind="message",
                         occurred_ms=1, payload=event, received_at=NOW, handled_at=NOW)
        )  # fmt: skip
    kinds = ("object.deletion", "contact.privacyDeletion")
    for place in order:
        told(portal, {"subscriptionType": kinds[place], "eventId": place})
    with portal.world.app.app_context():
        friend = db.session.get_one(Friend, friend_id)
        assert (friend.line_user_id, friend.display_name) == (f"erased:{friend_id}", "")
        delivery = db.session.scalars(select(Delivery)).one()
        assert (delivery.messages, delivery.state) == ([], "refused")
        assert "line" not in db.session.scalars(select(WebhookEvent.source)).all()
        lines = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id))
        assert A not in [line.line_user_id for line in lines]
    assert portal.ledger()[-1][0] in ("erased", "not_deauthorized")
    assert portal.tied() == {}


def test_values_that_lists_and_events_told_are_forgotten_too(portal: Portal) -> None:
    world, kept = portal.world, f"{A}, {B}"
    one, other = contacts_with(world.sandbox, [kept, kept])
    import_id = imported(world, portal.tenant, list_of(world.sandbox, [one, other]))
    change = {"subscriptionType": "object.propertyChange", "propertyName": "line_user_id"}
    told(portal, *({**change, "objectId": each, "propertyValue": B} for each in (one, other)))
    told(portal, {"subscriptionType": "contact.privacyDeletion", "objectId": one})
    assert outcomes(world, import_id) == {other: "several_ids"}
    with world.app.app_context():
        heard = db.session.scalars(select(WebhookEvent)).all()
        assert {each.payload["objectId"] for each in heard if B in str(each.payload)} == {other}


def test_forgetting_in_hubspot_itself(portal: Portal) -> None:
    user = line_user("charlie")
    linked(portal.world, portal.tenant, user_id=user)
    portal.world.work()
    portal.forget(ALICE)
    portal.heard("contact.privacyDeletion")
    portal.heard("object.deletion")
    with portal.world.app.app_context():
        assert not db.session.scalars(select(Friend).where(Friend.line_user_id == user)).all()


def test_who_was_merged_before_is_forgotten_under_every_id(portal: Portal) -> None:
    linked(portal.world, portal.tenant, BOB)
    with portal.world.app.app_context(), transaction():
        bob = portal.contact(BOB)
        bob.email, bob.firstname, bob.lastname = "bob@example.com", "Bob", "Example"
    portal.world.work()
    survivor = portal.merge(ALICE, BOB)
    portal.heard("object.merge")
    portal.forget(survivor)
    portal.heard("contact.privacyDeletion")
    with portal.world.app.app_context():
        rows = db.session.scalars(select(Contact)).all()
        assert {one.contact_id for one in rows} >= {BOB, survivor}
        assert {(one.email, one.name, str(one.shown)) for one in rows} == {("", "", "{}")}


def test_whoever_was_asked_about_a_forgotten_person_is_shown_no_name(portal: Portal) -> None:
    """A message that was forwarded, for one: the walk is another person's, and stays."""
    phone = Phone("charlie")
    phone.follow(personal_link(portal.world, portal.tenant))
    assert "Alice Example" in phone.page.text
    portal.forget(ALICE)
    portal.heard("contact.privacyDeletion")
    with portal.world.app.app_context():
        walk = db.session.scalars(select(LoginAttempt)).one()
        assert (walk.contact_name, walk.contact_email) == ("", "")
    phone.submit()
    assert phone.outcome == "contact_gone"


def test_what_a_forgotten_person_answered_and_tapped_is_forgotten(portal: Portal) -> None:
    friend_id, _ = linked(portal.world, portal.tenant)
    with portal.world.app.app_context(), transaction():
        db.session.get_one(Friend, friend_id).last_clicked_at = NOW
        for state in ("completed", "expired"):
            call = ActionCall(callback_id=state, state=state, action="ask-question")
            call.installation_id, call.contact_id = portal.tenant.installation_id, ALICE
            call.outputs, call.created_at = '{"answer_text": "secret"}', NOW
            db.session.add(call)
    told(portal, {"subscriptionType": "contact.privacyDeletion"})
    with portal.world.app.app_context():
        calls = db.session.scalars(select(ActionCall)).all()
        assert [one.outputs for one in calls] == [None, None]
        assert db.session.get_one(Friend, friend_id).last_clicked_at is None


def test_what_was_forgotten_is_not_tied_again(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    told(portal, {"subscriptionType": "contact.privacyDeletion"})
    told(portal, {"subscriptionType": "object.restore", "eventId": 5, "occurredAt": 1790000009000})
    assert portal.tied() == {}
    with portal.world.app.app_context(), transaction():
        friend = db.session.scalars(select(Friend)).one()
        contact = contact_row(portal.tenant.installation_id, BOB)
        assert tie(Wish(friend, contact, "manual", "test")).decision == "link"


def test_a_wish_that_waits_goes_over_with_its_contact(portal: Portal) -> None:
    linked(portal.world, portal.tenant, ALICE, A)
    with portal.world.app.app_context(), transaction():
        friend = friend_row(portal.world.account(portal.tenant), A, NOW)
        tie(Wish(friend, contact_row(portal.tenant.installation_id, BOB), "email", "friend"))
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
        friend = friend_row(portal.world.account(portal.tenant), A, NOW)
        tie(Wish(friend, contact_row(portal.tenant.installation_id, BOB), "email", "friend"))
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
        untie_by_hand(db.session.scalars(select(Linkage)).one(), "bob@example.com")
    ids = {"newObjectId": survivor, "primaryObjectId": ALICE, "mergedObjectIds": [ALICE, BOB]}
    told(portal, {"subscriptionType": "object.merge", "objectId": survivor, **ids})
    assert portal.tied() == {}
    assert portal.value(survivor) == ""


def test_a_restore_of_what_is_merged_by_now_changes_nothing(portal: Portal) -> None:
    linked(portal.world, portal.tenant, BOB, A)
    portal.world.work()
    mute(portal.world)
    survivor = portal.merge(ALICE, BOB)
    ids = {"newObjectId": survivor, "primaryObjectId": ALICE, "mergedObjectIds": [ALICE, BOB]}
    told(portal, {"subscriptionType": "object.merge", "objectId": survivor, **ids})
    told(portal, {"subscriptionType": "object.restore", "objectId": BOB, "eventId": 9})
    assert portal.tied() == {survivor: A}
    assert portal.value(survivor) == A


def test_a_deletion_told_after_the_restore_of_a_stranger_is_too_late(portal: Portal) -> None:
    mute(portal.world)
    (user,) = befriend(portal.world.sandbox, 1)
    about = {"objectId": ALICE, "eventId": 1}
    told(
        portal,
        {**about, "subscriptionType": "object.restore", "occurredAt": 1790000000500},
    )
    linked(portal.world, portal.tenant, ALICE, user)
    told(
        portal,
        {**about, "subscriptionType": "object.deletion", "occurredAt": 1790000000100},
    )
    assert portal.tied() == {ALICE: user}
