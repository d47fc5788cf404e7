"""What "Send LINE message" tries again where it cannot send at once, and what expires."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import ActionCall, Delivery, Job, db
from plugin.models.transaction import transaction
from plugin.services.actions.expire import expire_calls
from tests.actions.calls import PUSH, arrived, befriended, only_call, queued, send
from tests.support.world import Tenant, World


def test_a_slow_line_is_waited_for_two_seconds_and_no_more(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.fail(PUSH, {"delay": 3}, times=1)
    held = send(world, {"text": "Once"})
    assert held["hs_execution_state"] == "BLOCK"
    assert send(world, {"text": "Once"}) == held
    # The slow call may still have its effect; the job asks again under the same key.
    world.work(ahead=5)
    assert send(world, {"text": "Once"})["result"] == "sent"
    assert [one["messages"][0]["text"] for one in arrived(world)] == ["Once"]


@pytest.mark.both_databases
def test_line_down_is_tried_again_by_the_job(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.fail(PUSH, {"status": 500}, times=2)
    assert send(world, {"text": "Once"})["hs_execution_state"] == "BLOCK"
    for _ in range(3):
        world.work(ahead=60)
    assert send(world, {"text": "Once"})["result"] == "sent"
    assert len(arrived(world)) == 1


@pytest.mark.both_databases
def test_a_crash_in_the_middle_is_finished_by_the_job(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after LINE took the message, before anything was written down."""
    befriended(world, alice)
    monkeypatch.setattr("plugin.services.sending.deliver.accept", _die)
    monkeypatch.setattr("plugin.services.actions.run._try_now", _and_die_after)
    with world.app.app_context(), pytest.raises(RuntimeError):
        _call_in_process(world)
    monkeypatch.undo()
    assert len(arrived(world)) == 1
    held = send(world, {"text": "Once"})
    assert held["hs_execution_state"] == "BLOCK"
    world.work()
    assert send(world, {"text": "Once"}) == held, "the guard keeps other workers off for a while"
    world.work(ahead=20)
    assert send(world, {"text": "Once"})["result"] == "sent"
    assert len(arrived(world)) == 1
    callbacks = world.sandbox.control("GET", "/calls")
    assert "complete" in json.dumps(callbacks)


def _die(*_: Any) -> None:
    raise RuntimeError("killed")


def _and_die_after(_call: Any, follow_up: Any, do: Any) -> None:
    do(follow_up.row.id)


def _call_in_process(world: World) -> None:
    from plugin.services.actions.run import run_action
    from plugin.services.actions.send_message import SEND_MESSAGE
    from plugin.services.executions.execution import Execution
    from tests.support.world import ALICE, PORTAL

    execution = Execution("ap-1-2-3-0", PORTAL, ALICE, {"text": "Once"})
    run_action(world.deps, SEND_MESSAGE, execution)


@pytest.mark.both_databases
def test_what_was_not_sent_in_time_is_expired(world: World, alice: Tenant) -> None:
    queued(world, alice, befriended(world, alice))
    send(world, {"text": "Late"})
    with world.app.app_context(), transaction():
        db.session.scalars(
            select(Delivery).where(Delivery.action_call_id.is_not(None))
        ).one().give_up_at = utcnow()
    world.work()
    assert send(world, {"text": "Late"})["result"] == "expired"
    assert arrived(world) == []


def test_what_stood_in_the_way_is_said_in_the_end(world: World, alice: Tenant) -> None:
    """Somebody changed the channel's secret, and nobody told Musubi in time."""
    befriended(world, alice)
    refused = {"status": 401, "body": {"message": "Authentication failed"}}
    world.sandbox.fail(PUSH, refused)
    assert send(world, {"text": "Hi"})["hs_execution_state"] == "BLOCK"
    with world.app.app_context(), transaction():
        db.session.scalars(select(Delivery)).one().give_up_at = utcnow()
    world.work(ahead=70)
    outputs = send(world, {"text": "Hi"})
    assert outputs["result"] == "expired"
    assert "Authentication failed" in outputs["error"]


def test_what_stood_in_the_way_for_a_while_is_forgotten(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    # Each try asks again with a new token.
    world.sandbox.fail(PUSH, {"status": 401, "body": {"message": "No"}}, times=2)
    assert send(world, {"text": "Hi"})["hs_execution_state"] == "BLOCK"
    world.work(ahead=70)
    assert send(world, {"text": "Hi"})["result"] == "sent"
    with world.app.app_context():
        assert db.session.scalars(select(Delivery)).one().error == ""


@pytest.mark.both_databases
def test_the_sweep_ends_what_was_forgotten(world: World, alice: Tenant) -> None:
    """Somebody threw the job away: HubSpot must not wait for nothing."""
    queued(world, alice, befriended(world, alice))
    send(world, {"text": "Forgotten"})
    with world.app.app_context(), transaction() as session:
        session.query(Job).filter(Job.kind == "deliver").delete()
        session.scalars(select(ActionCall)).one().expires_at = utcnow()
    with world.app.app_context():
        assert expire_calls() is False
        call = db.session.scalars(select(ActionCall)).one()
        assert (call.state, call.result) == ("answered", "expired")
    assert send(world, {"text": "Forgotten"})["result"] == "expired"


@pytest.mark.both_databases
def test_a_callback_that_nobody_owes_any_more_is_owed_anew(world: World, alice: Tenant) -> None:
    run_it(world, alice)
    with world.app.app_context(), transaction() as session:
        call = session.scalars(select(ActionCall)).one()
        call.state = "answered"
        call.completed_at = utcnow().replace(year=2020)
    with world.app.app_context():
        expire_calls()
        assert db.session.scalar(select(Job).where(Job.kind == "complete_callbacks"))


def run_it(world: World, tenant: Tenant) -> None:
    befriended(world, tenant)
    send(world, {"text": "Hi"})


def test_hubspot_that_went_on_without_us_is_shown_as_expired(world: World, alice: Tenant) -> None:
    """The sandbox's HubSpot never heard of this execution, so its callback is refused."""
    queued(world, alice, befriended(world, alice))
    send(world, {"text": "Hi"})
    world.work()
    call = only_call(world)
    assert (call.state, call.result) == ("expired", "sent")
    assert call.note
    assert send(world, {"text": "Hi"})["result"] == "sent"
