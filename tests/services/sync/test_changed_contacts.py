"""What people do to the LINE User ID property in HubSpot."""

from typing import Any

import pytest
from sqlalchemy import select

from plugin.models import Conflict, Contact, HistoryEntry, Installation, Job, WebhookEvent, db
from plugin.models.transaction import transaction
from plugin.sandbox import account_to_connect
from plugin.sandbox.hubspot.workflows.webhooks import Outbox
from plugin.services.connections.official_account import ChannelValues, connect_account
from plugin.services.linkage.conflicts import keep_as_is, move_link
from plugin.services.sync.changed_contacts import enqueue_created
from tests.support.people import line_user, linked
from tests.support.portal import Portal
from tests.support.world import ALICE, BOB, Tenant, World

pytestmark = pytest.mark.both_databases

STRANGER = "U" + "f" * 32


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    return Portal(world, alice)


def friends(portal: Portal, count: int) -> list[str]:
    """People who added the account before Musubi came."""
    channel = account_to_connect(portal.world.sandbox.app, 0)["channel_id"]
    made = portal.world.sandbox.control("POST", "/friends", {"channel": channel, "count": count})
    ids: list[str] = made["user_ids"]
    return ids


def refusals(portal: Portal) -> list[tuple[str, str]]:
    with portal.world.app.app_context():
        lines = db.session.scalars(select(HistoryEntry).where(HistoryEntry.event_type == "refused"))
        return [(line.line_user_id, line.before["reason"]) for line in lines]


def test_a_value_set_by_hand_links_without_any_list(portal: Portal) -> None:
    (user,) = friends(portal, 1)
    portal.write(ALICE, line_user_id=user)
    portal.until(portal.tied)
    assert portal.tied() == {ALICE: user}
    assert portal.ledger() == [("linked", "property", ALICE)]
    # The rest of what LINE knows is written beside it, and its echo changes nothing.
    portal.until(lambda: portal.value(ALICE, "line_display_name") == "Friend 1")
    assert portal.value(ALICE, "line_link_method") == "property"
    assert portal.ledger() == [("linked", "property", ALICE)]


def made(portal: Portal, **properties: str) -> int:
    """A contact that somebody imports into HubSpot from a file; answers its id."""
    body = {"portal": portal.portal, "count": 1, "properties": properties, "told": True}
    (contact_id,) = portal.world.sandbox.control("POST", "/contacts", body)["ids"]
    return int(contact_id)


class Telling(Outbox):
    """An outbox that loses everything but one kind of event."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def add(self, portal: int, event: dict[str, Any]) -> bool:
        return event["subscriptionType"] == self.kind and super().add(portal, event)


@pytest.mark.parametrize("told", ["object.creation", "object.propertyChange"])
def test_a_contact_that_is_born_with_a_value_is_linked(portal: Portal, told: str) -> None:
    """HubSpot may tell of it by either event, or both."""
    portal.world.sandbox.app.extensions["world"].memory["hubspot-outbox"] = Telling(told)
    (user,) = friends(portal, 1)
    made(portal, email="new1@example.com")
    new = made(portal, email="new2@example.com", line_user_id=user)
    portal.until(portal.tied)
    assert portal.tied() == {new: user}
    with portal.world.app.app_context():
        known = list(db.session.scalars(select(Contact.contact_id)))
        assert known == [new], "who offers nothing leaves no row"


def test_contacts_of_our_own_making_are_not_read_again(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    with portal.world.app.app_context(), transaction():
        enqueue_created(portal.tenant.installation_id, [creation(ALICE), creation(BOB)])
        (job,) = db.session.scalars(select(Job).where(Job.kind == "created_contacts"))
        assert job.payload == {"ids": [BOB]}


def creation(contact_id: int) -> WebhookEvent:
    return WebhookEvent(id=contact_id, kind="object.creation", payload={"objectId": contact_id})


@pytest.mark.parametrize(
    ("value", "reason"), [("not an id", "invalid_id"), (STRANGER, "unknown_friend")]
)
def test_a_value_that_is_nobody_is_refused_once_and_left_as_it_is(
    portal: Portal, value: str, reason: str
) -> None:
    portal.write(ALICE, line_user_id=value)
    portal.until(lambda: refusals(portal))
    assert (portal.tied(), refusals(portal)) == ({}, [(value, reason)])
    portal.world.work()
    assert portal.value(ALICE) == value
    portal.write(ALICE, line_user_id="")
    portal.until(lambda: portal.contact(ALICE).may_show(portal.tenant.account_id) == [""])
    assert len(refusals(portal)) == 1


def test_a_cleared_value_unlinks(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    portal.world.work()
    assert portal.value(ALICE)
    portal.write(ALICE, line_user_id="")
    portal.until(lambda: not portal.tied())
    assert portal.ledger()[-1] == ("unlinked", "property", ALICE)
    portal.world.work()
    assert portal.value(ALICE, "line_link_method") == ""


def test_a_changed_value_is_a_conflict_and_the_tie_is_shown_again(portal: Portal) -> None:
    old, new = friends(portal, 2)
    linked(portal.world, portal.tenant, user_id=old)
    portal.world.work()
    portal.write(ALICE, line_user_id=new)
    portal.until(lambda: Conflict.count_open(portal.tenant.installation_id))
    portal.until(lambda: portal.value(ALICE) == old)
    assert portal.tied() == {ALICE: old}
    assert portal.ledger()[-1][0] == "conflict"


def test_one_line_id_on_two_contacts_waits_for_a_person(portal: Portal) -> None:
    (user,) = friends(portal, 1)
    linked(portal.world, portal.tenant, user_id=user)
    portal.write(BOB, line_user_id=user)
    portal.until(lambda: Conflict.count_open(portal.tenant.installation_id))
    assert portal.tied() == {ALICE: user}
    # What a person typed stays until one decides, however often it is looked at.
    assert portal.value(BOB) == user
    with portal.world.app.app_context():
        conflict = db.session.scalars(select(Conflict)).one()
        assert keep_as_is(conflict, "bob@example.com")
        assert not move_link(conflict, "bob@example.com")
    portal.until(lambda: portal.value(BOB) == "")
    assert portal.tied() == {ALICE: user}
    # The decision stands: typed again, it is cleared again, and nobody is asked a second time.
    portal.write(BOB, line_user_id=user)
    portal.until(lambda: db.session.scalars(select(Conflict.times)).one() > 1)
    portal.until(lambda: portal.value(BOB) == "")
    assert [deed for deed, _, _ in portal.ledger()] == ["linked", "conflict", "kept"]


def test_a_person_moves_the_link_to_the_new_contact(portal: Portal) -> None:
    (user,) = friends(portal, 1)
    linked(portal.world, portal.tenant, user_id=user)
    portal.world.work()
    portal.write(BOB, line_user_id=user)
    portal.until(lambda: Conflict.count_open(portal.tenant.installation_id))
    with portal.world.app.app_context():
        assert move_link(db.session.scalars(select(Conflict)).one(), "bob@example.com")
    portal.until(lambda: portal.value(ALICE) == "" and portal.value(BOB) == user)
    assert portal.tied() == {BOB: user}
    assert portal.ledger()[-1] == ("moved", "manual", BOB)


def test_the_friend_who_made_a_new_line_account_is_a_conflict_with_a_hint(portal: Portal) -> None:
    (new,) = friends(portal, 1)
    # LINE shows the old account no more; it was a friend's until then.
    linked(portal.world, portal.tenant, user_id=STRANGER)
    portal.world.work()
    portal.write(ALICE, line_user_id=new)
    portal.until(lambda: db.session.scalars(select(Conflict.gone_at)).first())
    assert portal.tied() == {ALICE: STRANGER}
    with portal.world.app.app_context():
        assert move_link(db.session.scalars(select(Conflict)).one(), "bob@example.com")
    assert portal.tied() == {ALICE: new}
    assert [deed for deed, _, _ in portal.ledger()][-2:] == ["unlinked", "linked"]


def test_the_second_account_has_properties_of_its_own(portal: Portal) -> None:
    world, tenant = portal.world, portal.tenant
    with world.app.app_context():
        installation = db.session.get_one(Installation, tenant.installation_id)
        values = ChannelValues(**account_to_connect(world.sandbox.app, 1))
        second = connect_account(world.deps, installation, values)
        assert second.property_suffix == "_2"
        second_id = second.id
    world.work()
    channel = values.channel_id
    made = world.sandbox.control(
        "POST", "/friends", {"channel": channel, "count": 1, "prefix": "second"}
    )
    user = made["user_ids"][0]
    linked(world, tenant, user_id=line_user("charlie"))
    world.work()
    portal.write(ALICE, line_user_id_2=user)
    portal.until(lambda: portal.value(ALICE, "line_link_method_2") == "property")
    assert portal.value(ALICE) == line_user("charlie")
    portal.write(ALICE, line_user_id_2="")
    portal.until(lambda: portal.value(ALICE, "line_link_method_2") == "")
    with world.app.app_context():
        lines = db.session.scalars(select(HistoryEntry).order_by(HistoryEntry.id)).all()
        assert [(one.event_type, one.official_account_id) for one in lines] == [
            ("linked", tenant.account_id), ("linked", second_id), ("unlinked", second_id),
        ]  # fmt: skip
    assert portal.value(ALICE) == line_user("charlie")


def test_our_own_writes_echo_without_a_call(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    portal.world.work()
    portal.heard("object.propertyChange")
    calls = portal.world.sandbox.control("GET", "/calls")
    assert not [key for key in str(calls).split("'") if key.endswith("batch/read")], calls
    with portal.world.app.app_context():
        assert None not in db.session.scalars(select(WebhookEvent.handled_at)).all()
