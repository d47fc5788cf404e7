"""Many deliveries in one batch: each gets its own answer, whatever becomes of the others."""

from itertools import pairwise

import pytest
from sqlalchemy import select, update

from plugin.models import ActionCall, Contact, Delivery, Friend, Job, db
from plugin.models.sending.action_call import EXPIRED
from plugin.models.transaction import transaction
from plugin.services.actions.queue import run_queued
from plugin.services.executions.execution import outputs_of
from plugin.services.sending.deliver_batch import AT_ONCE, deliver_many
from tests.actions.calls import arrived, send
from tests.actions.many_at_once import crowd, job_of
from tests.support.crowd import gather, owe_messages
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def plan(world: World, tenant: Tenant, people: int) -> list[int]:
    """Executions that were queued under load and run, but whose messages are not sent."""
    for number, contact in enumerate(gather(world, tenant, people).contact_ids):
        with crowd(world):
            send(world, {"text": "Hello"}, callback=f"c-{number}", contact=int(contact))
    with world.app.app_context():
        run_queued(world.deps, job_of(tenant))
        return list(db.session.scalars(select(Delivery.id).order_by(Delivery.id)))


def test_each_execution_ends_with_its_own_message(world: World, alice: Tenant) -> None:
    ids = plan(world, alice, 5)
    with world.app.app_context():
        with transaction() as session:
            # HubSpot went on by itself, and its contact is told nothing more.
            first = select(Delivery.action_call_id).where(Delivery.id == ids[0]).scalar_subquery()
            session.execute(update(ActionCall).where(ActionCall.id == first).values(state=EXPIRED))
            session.execute(update(Contact).values(push_pending=False))
        assert deliver_many(world.deps, ids) == dict.fromkeys(ids)
    with world.app.app_context():
        for delivery in Delivery.by_ids(ids):
            call = delivery.action_call
            assert call is not None
            assert (delivery.state, delivery.result) == ("accepted", "sent")
            assert delivery.settled_at == delivery.friend.last_sent_at
            assert len(delivery.message_ids) == 1
            assert delivery.line_request_id
            if delivery.id == ids[0]:
                assert (call.state, call.outputs) == (EXPIRED, None)
                continue
            assert (call.state, call.result, call.inputs) == ("answered", "sent", None)
            assert outputs_of(call)["message_id"] == delivery.message_ids[0]
            assert call.completed_at is not None
        assert set(db.session.scalars(select(Friend.last_result))) == {"sent"}
        assert set(db.session.scalars(select(Contact.push_pending))) == {True}
        kinds = {"complete_callbacks", "write_contacts"}
        assert kinds <= set(db.session.scalars(select(Job.kind)))


def test_calls_of_a_batch_are_under_way_together(world: World, alice: Tenant) -> None:
    owe_messages(world, alice, gather(world, alice, AT_ONCE + 1).friend_ids)
    pause = 0.3
    world.sandbox.fail("message/push$", {"delay": pause})
    with world.app.app_context():
        ids = list(db.session.scalars(select(Delivery.id)))
        assert deliver_many(world.deps, ids) == dict.fromkeys(ids)
        times = sorted(delivery["at"] for delivery in arrived_at(world))
        assert set(db.session.scalars(select(Delivery.state))) == {"accepted"}
    # One after the other, no two would arrive within the time that LINE takes for one.
    assert any(after - before < pause * 1000 for before, after in pairwise(times))
    assert len(arrived(world)) == len(ids)


def test_an_error_that_all_would_meet_stops_the_groups_behind(world: World, alice: Tenant) -> None:
    owe_messages(world, alice, gather(world, alice, 2 * AT_ONCE + 1).friend_ids)
    world.sandbox.fail("message/push$", {"status": 503}, times=3)
    with world.app.app_context():
        ids = list(db.session.scalars(select(Delivery.id)))
        outcomes = deliver_many(world.deps, ids)
    sent = [one for one in ids if outcomes[one] is None]
    assert len(sent) == len(arrived(world)) == AT_ONCE - 3
    assert outcomes[ids[-1]] is not None


def arrived_at(world: World) -> list[dict[str, int]]:
    found: list[dict[str, int]] = world.sandbox.control("GET", "/deliveries")["deliveries"]
    return found
