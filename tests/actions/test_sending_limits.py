"""Workflow messages obey the frequency cap and wait for the end of quiet hours."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import ActionCall, Delivery, Job, SendingRules, db
from plugin.models.transaction import transaction
from plugin.services.actions.queue import queue_execution
from plugin.services.actions.registry import ACTIONS
from plugin.services.executions.execution import Execution
from tests.actions.calls import arrived, befriended, send
from tests.support.world import ALICE, PORTAL, Tenant, World

pytestmark = pytest.mark.both_databases


def set_rules(world: World, tenant: Tenant, **values: Any) -> None:
    with world.app.app_context(), transaction() as session:
        rules = SendingRules(official_account_id=tenant.account_id, changed_at=utcnow(), **values)
        session.merge(rules)


def quiet_for(hours: float) -> dict[str, Any]:
    """Rules whose windows open so many hours from now, for an hour each day."""
    opening = utcnow() + timedelta(hours=hours)
    start = opening.hour * 60 + opening.minute
    return {"open_hours": [[start, (start + 60) % 1440]] * 7, "time_zone": "UTC"}


def queue(world: World, *callbacks: str) -> list[datetime | None]:
    with world.app.app_context():
        answers = [
            queue_execution(
                ACTIONS["send-message"],
                Execution(name, PORTAL, ALICE, {"text": f"Hi {name}"}),
            )
            for name in callbacks
        ]
    return [answer.hold_until if answer else None for answer in answers]


def test_the_cap_ends_a_step_and_a_repeat_is_told_the_same(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    set_rules(world, alice, cap_messages=1)
    assert send(world, {"text": "One"}, callback="one")["result"] == "sent"
    outputs = send(world, {"text": "Two"}, callback="two")
    assert (outputs["result"], outputs["hs_execution_state"]) == ("capped", "FAIL_CONTINUE")
    assert send(world, {"text": "Two"}, callback="two") == outputs
    world.work()
    assert [one["messages"][0]["text"] for one in arrived(world)] == ["One"]
    assert world.sandbox.contact()["line_last_result"] == "capped"


def test_a_batch_of_queued_executions_passes_no_more_than_the_cap(
    world: World, alice: Tenant
) -> None:
    befriended(world, alice)
    set_rules(world, alice, cap_messages=2)
    queue(world, "one", "two", "three", "four")
    world.work()
    assert len(arrived(world)) == 2
    with world.app.app_context():
        results = db.session.scalars(select(ActionCall.result)).all()
    assert sorted(results) == ["capped", "capped", "sent", "sent"]


def test_a_refused_message_takes_no_place(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    set_rules(world, alice, cap_messages=1)
    send(world, {"text": ""}, callback="invalid")
    assert send(world, {"text": "One"}, callback="one")["result"] == "sent"


def test_quiet_hours_hold_the_contact_until_the_window_opens(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    set_rules(world, alice, **quiet_for(3))
    held = send(world, {"text": "Good morning"})
    assert held["hs_execution_state"] == "BLOCK"
    minutes = int(held["hs_expiration_duration"].removeprefix("PT").removesuffix("M"))
    assert 3 * 60 <= minutes <= 4 * 60
    world.work(ahead=2 * 3600)
    assert arrived(world) == []
    world.work(ahead=3600)
    assert len(arrived(world)) == 1
    assert send(world, {"text": "Good morning"})["result"] == "sent"


def test_a_held_message_has_taken_its_place_under_the_cap(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    set_rules(world, alice, cap_messages=1, **quiet_for(3))
    assert send(world, {"text": "One"}, callback="one")["hs_execution_state"] == "BLOCK"
    assert send(world, {"text": "Two"}, callback="two")["result"] == "capped"


def test_a_queued_execution_is_held_longer_where_quiet_hours_may_come(
    world: World, alice: Tenant
) -> None:
    befriended(world, alice)
    (usual,) = queue(world, "usual")
    set_rules(world, alice, **quiet_for(3))
    (longer,) = queue(world, "longer")
    assert usual is not None
    assert longer is not None
    assert timedelta(hours=23) <= longer - usual <= timedelta(hours=25)
    world.work()
    assert arrived(world) == []
    world.work(ahead=3 * 3600)
    assert [one["messages"][0]["text"] for one in arrived(world)] == ["Hi longer"]
    with world.app.app_context():
        rows = db.session.execute(select(ActionCall.callback_id, ActionCall.result)).tuples()
        ends = dict(rows.all())
    # HubSpot had been told to wait an hour before the quiet hours were set.
    assert ends == {"usual": "expired", "longer": "sent"}


def test_a_message_that_waited_into_quiet_hours_waits_for_their_end(
    world: World, alice: Tenant
) -> None:
    befriended(world, alice)
    set_rules(world, alice, **quiet_for(23.5))
    world.sandbox.fail("/v2/bot/message/push", {"status": 500})
    send(world, {"text": "Late"})
    world.sandbox.control("DELETE", "/faults")
    set_rules(world, alice, **quiet_for(3))
    with world.app.app_context(), transaction():
        values = {"created_at": utcnow() - timedelta(minutes=5), "maybe_sent": False}
        db.session.execute(update(Delivery).values(values))
    world.work(ahead=60)
    assert arrived(world) == []
    with world.app.app_context():
        (ready,) = db.session.scalars(select(Job.ready_ms).where(Job.kind == "deliver"))
    assert ready / 1000 > (utcnow() + timedelta(hours=2)).timestamp()
