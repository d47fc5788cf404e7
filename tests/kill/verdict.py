"""What must be true after every kill, asked of the sandbox, which only knows what it received."""

from typing import Any

from sqlalchemy import func, select

from plugin.models import ActionCall, Delivery, Job, db
from plugin.models.job import LEASE
from plugin.scheduler.ticks import RECURRING
from tests.stage import Stage

# They are owed at all times.
STANDING = ("refresh_token", *RECURRING)


def enrol(stage: Stage, contact_ids: list[str], **more: Any) -> int:
    """HubSpot runs the action "Send LINE message" for these contacts, calling over HTTP."""
    inputs = {"text": "Hello {{ contact.email }}"}
    body = {"action": "send-message", "contact_ids": contact_ids, "inputs": inputs, **more}
    return int(stage.world.sandbox.control("POST", "/runs", body)["enrolled"])


def delivered(stage: Stage) -> int:
    """How many messages have arrived."""
    return int(stage.world.sandbox.control("GET", "/deliveries?summary=1")["count"])


def owed(stage: Stage) -> int:
    """How many jobs are left, but for those that always are."""
    with stage.world.app.app_context():
        left = select(func.count()).select_from(Job).where(Job.kind.not_in(STANDING))
        return db.session.scalar(left) or 0


def is_over(stage: Stage) -> bool:
    """All calls of the workflow are answered and all work they caused is done."""
    states = stage.world.sandbox.control("GET", "/executions?limit=1")["states"]
    return set(states) <= {"SUCCESS"} and not owed(stage)


def orphans_come_free_in_time(stage: Stage) -> bool:
    """Whether no lease ends later than it may: so is everything in dead hands taken over."""
    with stage.world.app.app_context():
        last = select(func.max(Job.ready_ms) - jobs_now()).where(Job.owner != "")
        return (db.session.scalar(last) or 0) <= LEASE.total_seconds() * 1000


def jobs_now() -> Any:
    from plugin.models.base import db_now_ms

    return db_now_ms()


def assert_once_each(stage: Stage, people: int) -> None:
    """Every message exactly once, every callback completed, nothing left, nothing parked."""
    arrived = stage.world.sandbox.control("GET", "/deliveries?summary=1")
    assert arrived == {
        "count": people, "users": people, "duplicates": 0, "repeated_keys": 0, "without_key": 0
    }  # fmt: skip
    states = stage.world.sandbox.control("GET", "/executions?limit=1")["states"]
    assert states == {"SUCCESS": people}
    assert stage.world.sandbox.control("GET", "/callbacks")["total"] == people
    with stage.world.app.app_context():
        assert _counts(Delivery.state) == {"accepted": people}
        assert _counts(ActionCall.state) == {"completed": people}
        assert list(db.session.scalars(select(Job.last_error).where(Job.parked))) == []


def _counts(column: Any) -> dict[str, int]:
    return dict(db.session.execute(select(column, func.count()).group_by(column)).tuples().all())
