"""What is kept of events ends: with their time, their receiver, or the person."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from plugin.core.clock import utcnow
from plugin.models import EventDelivery, OutgoingEvent, WebhookReceiver, db
from plugin.models.transaction import transaction
from plugin.services.outgoing.erasure import delete_old_events, forget_contacts, forget_friend
from plugin.services.outgoing.receivers import ReceiverGone, change, remove, rotate_secret
from tests.gateways.scripted_server import Reply, ScriptedServer, Seen
from tests.services.outgoing.receiving import (
    PATH,
    listen,
    receiver_of,
    states,
    time_passes,
)
from tests.services.outgoing.test_send import DOWN, OK, tell
from tests.support.people import linked
from tests.support.world import ALICE, BOB, Tenant, World

pytestmark = pytest.mark.both_databases
USER = "U" + "b" * 32


def rows(world: World, model: type[EventDelivery] | type[WebhookReceiver]) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_events_end_by_when_they_were_written_and_what_was_lost_is_counted(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    tell(world, alice, 1)
    world.work()
    hooks.on("POST", PATH, DOWN)
    tell(world, alice, 2)
    world.work()
    time_passes(world, timedelta(days=4))
    world.work()
    with world.app.app_context():
        change(world.deps, receiver_of(world, receiver_id), active=False)
        change(world.deps, receiver_of(world, receiver_id), active=True)
    tell(world, alice, 3)
    assert sorted(states(world, receiver_id)) == ["delivered", "given_up", "waiting"]
    with world.app.app_context():
        with transaction() as session:
            session.execute(update(OutgoingEvent).values(at=utcnow() - timedelta(days=400)))
        assert delete_old_events() is False
        assert len(states(world, receiver_id)) == 3
        with transaction() as session:
            session.execute(update(OutgoingEvent).values(written_at=utcnow() - timedelta(days=15)))
        assert delete_old_events() is False
        receiver = receiver_of(world, receiver_id)
        assert (receiver.lost, receiver.lost_at is not None) == (2, True)
    assert states(world, receiver_id) == []


def test_a_removed_receivers_log_is_deleted_in_batches(
    world: World, alice: Tenant, hooks: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin.services.outgoing.erasure.BATCH_SIZE", 2)
    other_id = listen(world, alice, hooks.url + "/other", "message.received")
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    hooks.on("POST", "/other", OK)
    for number in range(5):
        tell(world, alice, number)
    world.work()
    with world.app.app_context():
        receiver = receiver_of(world, receiver_id)
        remove(receiver)
        assert [one.id for one in WebhookReceiver.list_owned(alice.installation_id)] == [other_id]
        row = receiver_of(world, receiver_id)
        assert (row.url, row.secret) == ("", "")
        for deed in (rotate_secret, remove):
            with pytest.raises(ReceiverGone):
                deed(receiver)
    assert rows(world, EventDelivery) == 10
    tell(world, alice, 6)
    world.work()
    assert rows(world, EventDelivery) == 6
    # A transaction that read it before may tell it something still.
    assert rows(world, WebhookReceiver) == 2
    with world.app.app_context(), transaction() as session:
        ago = utcnow() - timedelta(minutes=2)
        session.execute(
            update(WebhookReceiver).where(WebhookReceiver.id == receiver_id).values(removed_at=ago)
        )
    world.work(ahead=120)
    assert rows(world, WebhookReceiver) == 1
    assert len(hooks.sent_to(PATH)) == 5


def test_what_a_receiver_answers_of_an_erased_person_is_not_kept(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    friend_id, _ = linked(world, alice)
    hooks.on("POST", PATH, Reply(500, USER.encode()))

    def erase(_: Seen) -> Reply:
        with world.app.app_context(), transaction():
            forget_friend(friend_id)
        return Reply(500, USER.encode())

    hooks.on("POST", PATH, erase, Reply(500, USER.encode()))
    tell(world, alice, 1, friend_id)
    world.work()
    time_passes(world, timedelta(minutes=10))
    world.work()
    assert len(hooks.seen) == 2
    with world.app.app_context():
        delivery = db.session.scalars(EventDelivery.of_receiver(receiver_id)).one()
        assert (delivery.attempts, delivery.answer) == (2, "")


def test_a_contact_is_found_in_events_by_an_index(
    world: World, alice: Tenant, charlie: Tenant, hooks: ScriptedServer
) -> None:
    for tenant in (alice, charlie):
        listen(world, tenant, hooks.url + PATH)
        linked(world, tenant, ALICE)
    linked(world, alice, BOB, USER)
    sent = list[str]()
    with world.app.app_context():
        with transaction():
            forget_contacts(alice.installation_id, [ALICE, 7])
        erased = select(OutgoingEvent.installation_id, OutgoingEvent.data).order_by("id")
        for installation_id, data in db.session.execute(erased).tuples():
            is_meant = installation_id == alice.installation_id and data.get("contact_id") is None
            assert ("erased" in data) is is_meant
            sent.append(str(data))
        if db.engine.dialect.name == "sqlite":
            plan = db.session.execute(
                text(
                    "EXPLAIN QUERY PLAN SELECT id FROM outgoing_event WHERE installation_id = 1"
                    " AND (contact_id IN (1, 2) OR from_contact_id IN (1, 2))"
                )
            )
            assert "SCAN" not in str(plan.all())
    assert sum("erased" in one for one in sent) == 1
