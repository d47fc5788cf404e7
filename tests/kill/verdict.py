"""What must be true after every kill, asked of the sandbox, which only knows what it received."""

import time
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from plugin.models import ActionCall, Delivery, Job, db
from plugin.models.base import db_now_ms
from plugin.models.system.job import LEASE
from plugin.models.system.lease import Lease
from plugin.models.transaction import transaction
from tests.support.crowd import Crowd, owe_messages
from tests.support.processes import wait_until
from tests.support.stage import Stage

LIVE = ("run_taken", "deliver", "send_broadcast", "complete_callbacks", "write_contacts")


def begin(stage: Stage, crowd: Crowd, by_workflow: int) -> None:
    """A message for everybody: a workflow's actions for the first ones, a broadcast's for all."""
    inputs = {"text": "Hello {{ contact.email }}"}
    enrolled = crowd.contact_ids[:by_workflow]
    body = {"action": "send-message", "contact_ids": enrolled, "inputs": inputs}
    more = {"concurrency": 10, "repeat_fraction": 0.05}
    stage.world.sandbox.control("POST", "/runs", {**body, **more})
    owe_messages(stage.world, stage.tenant, crowd.friend_ids[by_workflow:])


def lose_answers(stage: Stage) -> None:
    """Some calls do their work over there and are never answered; some never arrive."""
    stage.world.sandbox.fail("message/push$", "lost", probability=0.03)
    stage.world.sandbox.fail("callbacks/.*complete$", "lost", probability=0.1)
    stage.world.sandbox.fail("message/push$", "drop", probability=0.01)


def delivered(stage: Stage) -> int:
    """How many messages have arrived."""
    return int(stage.world.sandbox.control("GET", "/deliveries?summary=1")["count"])


def wait_for_the_end(stage: Stage, seconds: float) -> None:
    """Wait until all work is done; where it is not in time, say what is left of it.

    What waits for its next try has it at once: after an unlucky fifth try that is half a minute.
    """

    def asked() -> bool:
        if _is_over(stage):
            return True
        next_tries_are_due(stage)
        # Each question costs those who are asked a piece of their time.
        time.sleep(0.2)
        return False

    wait_until(asked, seconds, "all work done", lambda: _left(stage))


def _is_over(stage: Stage) -> bool:
    """All calls of the workflow are answered and all work they caused is done."""
    return set(_executions(stage)) <= {"SUCCESS"} and not owed(stage)


def _executions(stage: Stage) -> dict[str, int]:
    states: dict[str, int] = stage.world.sandbox.control("GET", "/executions?limit=1")["states"]
    return states


def _left(stage: Stage) -> str:
    columns = Job.kind, Job.owner, Job.attempts, Job.failed, Job.last_error
    due_in_ms = Job.ready_ms - db_now_ms()
    with stage.world.app.app_context():
        jobs = db.session.execute(select(*columns, due_in_ms).limit(40)).all()
        kept = db.session.execute(select(Lease.name, Lease.owner)).all()
    lines = [_executions(stage), delivered(stage), *jobs, *kept]
    return "\n".join(["", *map(str, lines), *map(_end_of, sorted(stage.folder.glob("*.log")))])


def _end_of(log: Path) -> str:
    return f"{log.name}:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:])


def owed(stage: Stage) -> int:
    """How many jobs are left of those that a message causes."""
    with stage.world.app.app_context():
        left = select(func.count()).select_from(Job).where(Job.kind.in_(LIVE))
        return db.session.scalar(left) or 0


def orphans_come_free_in_time(stage: Stage) -> bool:
    """Whether no lease ends later than it may: so is everything in dead hands taken over."""
    with stage.world.app.app_context():
        last = select(func.max(Job.ready_ms) - db_now_ms()).where(Job.owner != "")
        return (db.session.scalar(last) or 0) <= LEASE.total_seconds() * 1000


def leases_run_out(stage: Stage) -> None:
    """45 seconds pass for whatever is in dead hands, and for the living too."""
    past = Job.ready_ms - int(LEASE.total_seconds() * 1000)
    held = select(Job.id).where(Job.owner != "").with_for_update(skip_locked=True)
    with stage.world.app.app_context(), transaction() as session:
        session.execute(update(Job).where(Job.id.in_(held)).values(ready_ms=past))


def next_tries_are_due(stage: Stage) -> None:
    """The time passes for what failed and waits; nobody's lease ends."""
    waiting = Job.owner == "", Job.attempts > 0, Job.failed.is_(False), Job.ready_ms > db_now_ms()
    ids = select(Job.id).where(*waiting, Job.kind.in_(LIVE))
    with stage.world.app.app_context(), transaction() as session:
        if session.scalar(ids.limit(1)) is not None:
            locked = ids.with_for_update(skip_locked=True)
            session.execute(update(Job).where(Job.id.in_(locked)).values(ready_ms=db_now_ms()))


def in_hand(stage: Stage) -> int:
    """How many jobs somebody has, dead or alive."""
    with stage.world.app.app_context():
        held = select(func.count()).select_from(Job).where(Job.owner != "")
        return db.session.scalar(held) or 0


def assert_once_each(stage: Stage, people: int, by_workflow: int) -> None:
    """Every message exactly once, every callback completed, nothing left, nothing given up."""
    arrived = stage.world.sandbox.control("GET", "/deliveries?summary=1")
    assert arrived == {
        "count": people, "users": people, "duplicates": 0, "repeated_keys": 0, "without_key": 0
    }  # fmt: skip
    assert _executions(stage) == ({"SUCCESS": by_workflow} if by_workflow else {})
    with stage.world.app.app_context():
        assert _counts(Delivery.state) == {"accepted": people}
        assert _counts(ActionCall.state) == ({"completed": by_workflow} if by_workflow else {})
        assert list(db.session.scalars(select(Job.last_error).where(Job.failed))) == []


def _counts(column: Any) -> dict[str, int]:
    return dict(db.session.execute(select(column, func.count()).group_by(column)).tuples().all())
