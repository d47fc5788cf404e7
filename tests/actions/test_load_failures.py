"""Executions that were taken down and then break, are forgotten, come too late or may not run."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from plugin.core.clock import utcnow
from plugin.models import ActionCall, Delivery, Installation, Job, db
from plugin.models.transaction import transaction
from plugin.services.actions.expire import expire_calls
from plugin.services.actions.registry import ACTIONS
from plugin.services.connections.connection import switch_mode
from tests.actions.calls import DECLARED, arrived, befriended, count, run, send
from tests.actions.many_at_once import INPUTS, crowd, ends
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def test_the_one_that_breaks_ends_as_failed_and_holds_nobody_up(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    befriended(world, alice)
    with crowd(world):
        for name in ("one", "two", "three"):
            send(world, {"text": name}, callback=name)
    whole = ACTIONS["send-message"]

    def breaks(desk: Any, call: ActionCall, inputs: Any) -> Any:
        if call.callback_id == "two":
            raise ZeroDivisionError
        return whole.run(desk, call, inputs)

    changed = {**ACTIONS, "send-message": whole._replace(run=breaks)}
    monkeypatch.setattr("plugin.services.actions.queue.ACTIONS", changed)
    world.work()
    results = {name: one["result"] for name, one in ends(world).items()}
    assert results == {"one": "sent", "two": "failed", "three": "sent"}


def test_what_the_database_does_not_take_holds_nobody_up(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL refuses it, SQLite takes it."""
    befriended(world, alice)
    with crowd(world):
        for name in ("one", "two", "three"):
            run(world, "tag-friend", {"tag": name}, callback=name)
    whole = ACTIONS["tag-friend"]

    def odd(desk: Any, call: ActionCall, inputs: Any) -> Any:
        tag = "a\0b" if call.callback_id == "two" else call.callback_id
        return whole.run(desk, call, {"tag": tag})

    changed = {**ACTIONS, "tag-friend": whole._replace(run=odd)}
    monkeypatch.setattr("plugin.services.actions.queue.ACTIONS", changed)
    world.work(ahead=60)
    results = {name: one.get("result") for name, one in ends(world).items()}
    with world.app.app_context():
        odd_end = "failed" if db.engine.dialect.name == "postgresql" else "tagged"
    assert results == {"one": "tagged", "two": odd_end, "three": "tagged"}


def test_nothing_taken_is_forgotten_with_its_job(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    with crowd(world):
        send(world, {"text": "Hello"})
    lost(world, created_at=utcnow() - timedelta(minutes=3))
    world.work()
    assert arrived(world) == []
    with world.app.app_context():
        expire_calls()
    world.work()
    assert ends(world)["ap-1-2-3-0"]["result"] == "sent"


def lost(world: World, **values: Any) -> None:
    """Somebody threw the job away, and it is later now."""
    with world.app.app_context(), transaction() as session:
        session.execute(delete(Job).where(Job.kind == "run_taken"))
        session.execute(update(ActionCall).values(values))


def test_what_is_not_run_in_time_ends_as_expired(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    with crowd(world):
        send(world, {"text": "Late"})
    lost(world, expires_at=utcnow())
    with world.app.app_context():
        expire_calls()
    world.work()
    assert ends(world)["ap-1-2-3-0"]["result"] == "expired"
    assert arrived(world) == []


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_not_run_in_time_ends_with_a_result_that_was_promised(
    world: World, alice: Tenant, action: str
) -> None:
    befriended(world, alice)
    with crowd(world):
        run(world, action, INPUTS[action])
    lost(world, expires_at=utcnow())
    with world.app.app_context():
        expire_calls()
    outputs = run(world, action, INPUTS[action])
    late = "expired" if "expired" in DECLARED[action].results else "failed"
    assert outputs["result"] == late
    assert outputs["error"]


def test_while_hubspot_is_paused_everything_waits_and_goes_on_after(
    world: World, alice: Tenant
) -> None:
    befriended(world, alice)
    change(world, alice, "pause")
    held = send(world, {"text": "After the pause"})
    assert held == {"hs_execution_state": "BLOCK", "hs_expiration_duration": "PT1499M"}
    assert send(world, {"text": "After the pause"})["hs_execution_state"] == "BLOCK"
    world.work(ahead=60)
    assert arrived(world) == []
    change(world, alice, "resume")
    world.work(ahead=120)
    assert len(arrived(world)) == 1
    assert ends(world)["ap-1-2-3-0"]["result"] == "sent"


def change(world: World, tenant: Tenant, mode: Any) -> None:
    with world.app.app_context():
        installation = db.session.get_one(Installation, tenant.installation_id)
        assert switch_mode(installation, mode)


def test_a_portal_that_is_not_connected_is_told_so_in_a_crowd_too(
    world: World, alice: Tenant
) -> None:
    with world.app.app_context(), transaction() as session:
        session.execute(update(Installation).values(state="disconnected"))
    with crowd(world):
        answer = send(world, {"text": "Hello"})
    assert (answer["result"], answer["hs_execution_state"]) == ("failed", "FAIL_CONTINUE")
    with world.app.app_context():
        assert count(ActionCall) == count(Delivery) == 0
