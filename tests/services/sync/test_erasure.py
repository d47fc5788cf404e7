"""People who ask to be forgotten: nothing of theirs stays, wherever it had come to."""

import pytest
from sqlalchemy import select

from plugin.models import (
    ActionCall,
    Contact,
    Delivery,
    Friend,
    HistoryEntry,
    LoginAttempt,
    WebhookEvent,
    db,
)
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link
from tests.support.imports import contacts_with, imported, list_of, outcomes
from tests.support.people import NOW, line_user, linked
from tests.support.portal import Portal
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.login_flow.browser import Phone, personal_link

pytestmark = pytest.mark.both_databases

A, B = "U" + "a" * 32, "U" + "b" * 32


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    return Portal(world, alice)


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
        portal.tell({"subscriptionType": kinds[place], "eventId": place})
    with portal.world.app.app_context():
        friend = db.session.get_one(Friend, friend_id)
        assert (friend.line_user_id, friend.display_name) == (f"erased:{friend_id}", "")
        delivery = db.session.scalars(select(Delivery)).one()
        assert (delivery.messages, delivery.state) == ([], "refused")
        assert "line" not in db.session.scalars(select(WebhookEvent.source)).all()
        lines = db.session.scalars(select(HistoryEntry).order_by(HistoryEntry.id))
        assert A not in [line.line_user_id for line in lines]
    assert portal.ledger()[-1][0] in ("erased", "not_deauthorized")
    assert portal.tied() == {}


def test_values_that_lists_and_events_told_are_forgotten_too(portal: Portal) -> None:
    world, kept = portal.world, f"{A}, {B}"
    one, other = contacts_with(world.sandbox, [kept, kept])
    import_id = imported(world, portal.tenant, list_of(world.sandbox, [one, other]))
    change = {"subscriptionType": "object.propertyChange", "propertyName": "line_user_id"}
    portal.tell(*({**change, "objectId": each, "propertyValue": B} for each in (one, other)))
    portal.tell({"subscriptionType": "contact.privacyDeletion", "objectId": one})
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
    portal.tell({"subscriptionType": "contact.privacyDeletion"})
    with portal.world.app.app_context():
        calls = db.session.scalars(select(ActionCall)).all()
        assert [one.outputs for one in calls] == [None, None]
        assert db.session.get_one(Friend, friend_id).last_clicked_at is None


def test_what_was_forgotten_is_not_tied_again(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    portal.tell({"subscriptionType": "contact.privacyDeletion"})
    portal.tell({"subscriptionType": "object.restore", "eventId": 5, "occurredAt": 1790000009000})
    assert portal.tied() == {}
    with portal.world.app.app_context(), transaction():
        friend = db.session.scalars(select(Friend)).one()
        contact = get_or_create_contact(portal.tenant.installation_id, BOB)
        assert link(LinkRequest(friend, contact, "manual", "test")).decision == "link"
