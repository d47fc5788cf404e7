"""The job queue: rows written together with their cause, claimed with a lease."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    case,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, db, db_now_ms
from plugin.models.sql import among
from plugin.models.system.after_commit import enqueue_after_commit
from plugin.models.system.job_kinds import JOB_KINDS, QUEUES
from plugin.models.system.job_sql import CLAIM, ENQUEUE

LEASE = timedelta(seconds=45)
MAX_ATTEMPTS = 40
# More failed jobs are not counted.
COUNTED = 1000
# No session ever holds a Job while it is claimed and completed.
NO_SYNC = {"synchronize_session": False}


class Claimed(NamedTuple):
    id: int
    kind: str
    key: str
    tenant_id: int
    attempts: int
    payload: dict[str, Any]
    owner: str


class Job(Base):
    """A unit of work, unique by (kind, key): enqueueing it again moves it up. In the database
    `tenant_id` is "lane" and `failed` is "parked"."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index("job_turn", "queue", "parked", "lane", "ready_ms"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    queue: Mapped[str] = mapped_column(String(10))
    # The Installation's id, 0 for a job of no tenant.
    tenant_id: Mapped[int] = mapped_column("lane", BigInteger)
    # When it may be claimed, by the database's clock: its due time while it waits, the end of the
    # lease while `owner` has it.
    ready_ms: Mapped[int] = mapped_column(BigInteger)
    owner: Mapped[str] = mapped_column(String(40), default="")
    # Enqueued once more while running, for then.
    again_ms: Mapped[int | None] = mapped_column(BigInteger)
    # Tries that failed, and the running one.
    attempts: Mapped[int] = mapped_column(default=0)
    # Given up until a person decides.
    failed: Mapped[bool] = mapped_column("parked", default=False)
    last_error: Mapped[str] = mapped_column(Text, default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    @classmethod
    def of(cls, kind: str, key: object) -> "Job | None":
        statement = select(cls).where(cls.kind == kind, cls.key == str(key))
        return db.session.scalar(statement.execution_options(populate_existing=True))

    @classmethod
    def failed_of(cls, installation_id: int) -> Select[tuple["Job"]]:
        # All queues are named, so that the index finds a tenant's.
        statement = select(cls).where(cls.queue.in_(QUEUES), cls.failed)
        return statement.where(cls.tenant_id == installation_id)

    @classmethod
    def count_failed(cls, installation_id: int) -> int:
        """Count up to `COUNTED` failed jobs."""
        some = cls.failed_of(installation_id).with_only_columns(cls.id).limit(COUNTED).subquery()
        return db.session.scalar(select(func.count()).select_from(some)) or 0

    @classmethod
    def longest_wait(cls, installation_id: int, least: timedelta) -> timedelta | None:
        """Return how long work of a tenant, or of all, is overdue; None: not for `least`."""
        until = db_now_ms() - int(least.total_seconds() * 1000)
        oldest = select(db_now_ms() - func.min(cls.ready_ms)).where(
            cls.queue.in_(QUEUES),
            cls.failed.is_(False),
            cls.tenant_id.in_({0, installation_id}),
            cls.ready_ms < until,
        )
        waited = db.session.scalar(oldest)
        return None if waited is None else timedelta(milliseconds=waited)


def enqueue(
    kind: str,
    key: object,
    tenant_id: int,
    payload: dict[str, Any] | None = None,
    delay: timedelta | None = None,
) -> None:
    """Enqueue a job in the transaction of its cause."""
    enqueue_many(kind, [(key, payload or {})], tenant_id, delay)


def enqueue_many(
    kind: str,
    keys: Sequence[tuple[object, dict[str, Any]]],
    tenant_id: int,
    delay: timedelta | None = None,
) -> None:
    """Enqueue jobs of one kind with one statement. An existing job comes due earlier."""
    if not keys:
        return
    delay = JOB_KINDS[kind].gather if delay is None else delay
    common = common_values(kind, tenant_id, delay)
    if JOB_KINDS[kind].after_commit and _dialect() == "postgresql":
        enqueue_after_commit([{**common, "key": str(key)} for key, _ in keys])
        return
    rows = [{**common, "key": str(key), "payload": payload} for key, payload in keys]
    db.session.execute(ENQUEUE[_dialect()], rows)
    _wake_after_commit(JOB_KINDS[kind].queue, delay)


def common_values(kind: str, tenant_id: int, delay: timedelta) -> dict[str, Any]:
    """Return what `ENQUEUE` takes beside a job's own key and payload."""
    delay_ms = int(delay.total_seconds() * 1000)
    return {"kind": kind, "queue": JOB_KINDS[kind].queue, "lane": tenant_id, "delay": delay_ms}


def cancel(kind: str, key: object) -> None:
    """Delete a waiting job whose work is already done; a running one ends by itself."""
    waiting = delete(Job).where(Job.kind == kind, Job.key == str(key), Job.owner == "")
    db.session.execute(waiting, execution_options=NO_SYNC)


def any_pending(kind: str) -> bool:
    waiting = select(Job.id).where(Job.kind == kind, Job.failed.is_(False))
    return db.session.scalar(waiting.limit(1)) is not None


def _wake_after_commit(queue: str, delay: timedelta) -> None:
    enqueued: dict[str, timedelta] = db.session().info.setdefault("enqueued", {})
    enqueued[queue] = min(delay, enqueued.get(queue, delay))


def claim(queue: str, owner: str, limit: int) -> list[Claimed]:
    """Claim up to `limit` due jobs of a queue with one statement, the tenants in turn."""
    values = {
        "queue": queue,
        "owner": owner,
        "limit": limit,
        "lease": int(LEASE.total_seconds() * 1000),
    }
    rows = db.session.execute(CLAIM[_dialect()], values).all()
    return [Claimed(*row) for row in rows]


def due_counts() -> dict[str, int]:
    """Return the number of due jobs by queue, each counted to a thousand and no further."""
    return {queue: _due_count(queue) for queue in QUEUES}


def _due_count(queue: str) -> int:
    due = select(Job.id).where(Job.queue == queue, Job.failed.is_(False))
    due_ids = due.where(Job.ready_ms <= db_now_ms()).limit(1000).subquery()
    return db.session.scalar(select(func.count()).select_from(due_ids)) or 0


def _dialect() -> str:
    return db.session().get_bind().dialect.name


def renew(held: Sequence[Claimed]) -> set[int]:
    """Renew the leases of these jobs and return the ids of those that their worker still has."""
    ids, owners = [job.id for job in held], {job.owner for job in held}
    own_jobs = select(Job.id).where(Job.id.in_(ids), Job.owner.in_(owners))
    # In the order of ids, as where several jobs are completed, against deadlocks.
    locked = own_jobs.order_by(Job.id).with_for_update()
    ready = db_now_ms() + int(LEASE.total_seconds() * 1000)
    statement = update(Job).where(among(Job.id, locked)).values(ready_ms=ready).returning(Job.id)
    return set(db.session.scalars(statement, execution_options=NO_SYNC))


def is_held(kind: str, key: object, owner: str) -> bool:
    """Return whether the worker still has this job, and keep it so until the transaction ends."""
    statement = select(Job.id).where(Job.kind == kind, Job.key == str(key), Job.owner == owner)
    # Blocks taking the job over, not enqueueing it once more.
    return db.session.scalar(statement.with_for_update(read=True, key_share=True)) is not None


def finish_all(done: Sequence[Claimed]) -> list[Claimed]:
    """Delete jobs that are done. Return those that stay (enqueued again, locked) for `finish`."""
    ids, owners = [job.id for job in done], {job.owner for job in done}
    own_jobs = select(Job.id).where(Job.id.in_(ids), Job.owner.in_(owners), Job.again_ms.is_(None))
    # It waits for no lock, since it holds many rows that others may lock in another order.
    free = own_jobs.with_for_update(skip_locked=True)
    statement = delete(Job).where(among(Job.id, free)).returning(Job.id)
    deleted_ids = set(db.session.scalars(statement, execution_options=NO_SYNC))
    return [job for job in done if job.id not in deleted_ids]


def finish(job: Claimed) -> None:
    """Delete a job that is done, unless it was enqueued again meanwhile."""
    conditions = [Job.id == job.id, Job.owner == job.owner, Job.again_ms.is_(None)]
    statement = delete(Job).where(*conditions).returning(Job.id)
    if db.session.scalar(statement, execution_options=NO_SYNC) is None:
        _change(job, {"ready_ms": func.coalesce(Job.again_ms, Job.ready_ms), "attempts": 0})
        kind = JOB_KINDS[job.kind]
        _wake_after_commit(kind.queue, kind.gather)


def continue_later(job: Claimed, delay: timedelta) -> None:
    """Reschedule a job with more to do after `delay`, or earlier where it was enqueued again."""
    ready = db_now_ms() + int(delay.total_seconds() * 1000)
    earlier = case((Job.again_ms < ready, Job.again_ms), else_=ready)
    _change(job, {"ready_ms": earlier, "attempts": 0})
    _wake_after_commit(JOB_KINDS[job.kind].queue, delay)


def note_payload(job: Claimed, payload: dict[str, Any]) -> None:
    """Store the next step's payload, unless the job was enqueued again meanwhile, with its own."""
    conditions = [Job.id == job.id, Job.owner == job.owner, Job.again_ms.is_(None)]
    statement = update(Job).where(*conditions).values(payload=payload)
    db.session.execute(statement, execution_options=NO_SYNC)


def reschedule(job: Claimed, delay: timedelta, error: str, attempts: int) -> None:
    """Reschedule a failed job: no worker claims it before `delay`."""
    ready = db_now_ms() + int(delay.total_seconds() * 1000)
    _change(job, {"ready_ms": ready, "attempts": attempts, "last_error": error[:500]})
    _wake_after_commit(JOB_KINDS[job.kind].queue, delay)


def dead_letter(job: Claimed, error: str) -> None:
    """Try nothing more until a person says so or the job is enqueued again, perhaps just now."""
    enqueued_again = Job.again_ms.is_not(None)
    values = {
        "failed": case((enqueued_again, False), else_=True),
        "attempts": case((enqueued_again, 0), else_=Job.attempts),
        "ready_ms": func.coalesce(Job.again_ms, Job.ready_ms),
        "last_error": error[:500],
    }
    _change(job, values)


def release(tenant_id: int, error: str) -> None:
    """Make jobs due that wait or were given up with this error, in the caller's transaction."""
    statement = update(Job).where(
        Job.tenant_id == tenant_id, Job.owner == "", Job.last_error == error
    )
    values = {"failed": False, "attempts": 0, "last_error": "", "ready_ms": db_now_ms()}
    released = statement.values(values).returning(Job.queue)
    for queue in set(db.session.scalars(released, execution_options=NO_SYNC)):
        _wake_after_commit(queue, timedelta(0))


def _change(job: Claimed, values: dict[str, Any]) -> None:
    released = {"owner": "", "again_ms": None, "last_error": "", **values}
    # A worker that lost the lease meanwhile changes nothing.
    statement = update(Job).where(Job.id == job.id, Job.owner == job.owner)
    db.session.execute(statement.values(released), execution_options=NO_SYNC)
