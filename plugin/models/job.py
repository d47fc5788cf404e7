"""Work owed: rows written with the fact that causes them, claimed with a lease."""

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
from plugin.models.claiming import CLAIM, PLANT

# The queue that each kind of work waits in. Queues have hands of their own, so that a long
# import never makes a live message wait.
QUEUES = {
    "deliver": "send",
    "line_inbox": "sync",
    "hubspot_inbox": "sync",
    "write_contacts": "sync",
    "check_contacts": "sync",
    "created_contacts": "sync",
    "check_conflict": "sync",
    "suggest_contact": "sync",
    "deauthorize": "sync",
    "reconcile": "import",
    "plan_reconciles": "sync",
    "remove_hubspot": "sync",
    "run_taken": "sync",
    "complete_callbacks": "sync",
    "switch_rich_menu": "send",
    "close_question": "sync",
    "sweep_calls": "sync",
    "refresh_token": "sync",
    "read_profiles": "sync",
    "read_quota": "sync",
    "read_quotas": "sync",
    "ensure_properties": "sync",
    "housekeeping": "sync",
    "import_list": "import",
    "import_friends": "import",
    "write_imported": "import",
    "prepare_list": "import",
    "tag_many": "import",
}
# Work that goes out in batches waits this long for company: a lone piece still leaves within a
# second, and a thousand pieces cost ten calls.
GATHER = {
    "write_contacts": timedelta(milliseconds=400),
    "complete_callbacks": timedelta(milliseconds=250),
}
AT_ONCE = timedelta(0)
LEASE = timedelta(seconds=45)
MAX_ATTEMPTS = 40
# No session ever holds a Job while it is claimed and settled.
NO_SYNC = {"synchronize_session": False}


class Claimed(NamedTuple):
    """A job in somebody's hands."""

    id: int
    kind: str
    key: str
    lane: int
    attempts: int
    payload: dict[str, Any]
    owner: str


class Job(Base):
    """One thing owed. Unique by (kind, key): asking again for what is owed moves it up.

    `ready_ms` (the database's clock) is when it may be taken: its due time while it waits, the
    end of the lease while `owner` has it. `again_ms`: asked for once more while in work, for then.
    `lane` is the Installation's id, 0 for nobody's. `attempts` counts tries that failed, and the
    one in work.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index("job_turn", "queue", "parked", "lane", "ready_ms"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    queue: Mapped[str] = mapped_column(String(10))
    lane: Mapped[int] = mapped_column(BigInteger)
    ready_ms: Mapped[int] = mapped_column(BigInteger)
    owner: Mapped[str] = mapped_column(String(40), default="")
    again_ms: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(default=0)
    parked: Mapped[bool] = mapped_column(default=False)
    last_error: Mapped[str] = mapped_column(Text, default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    @classmethod
    def of(cls, kind: str, key: object) -> "Job | None":
        """The work of this kind that is owed on `key`."""
        mine = select(cls).where(cls.kind == kind, cls.key == str(key))
        return db.session.scalar(mine.execution_options(populate_existing=True))

    @classmethod
    def parked_of(cls, installation_id: int) -> Select[tuple["Job"]]:
        """A tenant's work that was given up until a person decides."""
        return select(cls).where(cls.lane == installation_id, cls.parked)


def plant(
    kind: str,
    key: object,
    lane: int,
    payload: dict[str, Any] | None = None,
    delay: timedelta | None = None,
) -> None:
    """Owe a piece of work, in the transaction of its cause. `lane`: the Installation's id."""
    plant_many(kind, [(key, payload or {})], lane, delay)


def plant_many(
    kind: str,
    keys: Sequence[tuple[object, dict[str, Any]]],
    lane: int,
    delay: timedelta | None = None,
) -> None:
    """Owe many pieces of one kind with one statement. A job that is there comes due earlier."""
    if not keys:
        return
    delay = GATHER.get(kind, AT_ONCE) if delay is None else delay
    common = {"kind": kind, "queue": QUEUES[kind], "lane": lane}
    common["delay"] = int(delay.total_seconds() * 1000)
    rows = [{**common, "key": str(key), "payload": payload} for key, payload in keys]
    db.session.execute(PLANT[_dialect()], rows)
    _rouse(QUEUES[kind], delay)


def withdraw(kind: str, key: object) -> None:
    """What was owed has been done by whoever owed it; a job in somebody's hands ends by itself."""
    waiting = delete(Job).where(Job.kind == kind, Job.key == str(key), Job.owner == "")
    db.session.execute(waiting, execution_options=NO_SYNC)


def any_waiting(kind: str) -> bool:
    """Whether any work of this kind is owed, whoever's it is."""
    waiting = select(Job.id).where(Job.kind == kind, Job.parked.is_(False))
    return db.session.scalar(waiting.limit(1)) is not None


def _rouse(queue: str, delay: timedelta) -> None:
    """Remember for after the commit that somebody should look into this queue, and when."""
    planted: dict[str, timedelta] = db.session().info.setdefault("planted", {})
    planted[queue] = min(delay, planted.get(queue, delay))


def claim(queue: str, owner: str, limit: int) -> list[Claimed]:
    """Take up to `limit` due jobs of a queue, the tenants in turn. One statement."""
    values = {
        "queue": queue,
        "owner": owner,
        "limit": limit,
        "lease": int(LEASE.total_seconds() * 1000),
    }
    rows = db.session.execute(CLAIM[_dialect()], values).all()
    return [Claimed(*row) for row in rows]


def due_counts() -> dict[str, int]:
    """How many jobs are due, by queue; each counted to a thousand and no further."""
    return {queue: _due_count(queue) for queue in sorted(set(QUEUES.values()))}


def _due_count(queue: str) -> int:
    due = select(Job.id).where(Job.queue == queue, Job.parked.is_(False))
    some = due.where(Job.ready_ms <= db_now_ms()).limit(1000).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _dialect() -> str:
    return db.session().get_bind().dialect.name


def finish_all(done: Sequence[Claimed]) -> list[Claimed]:
    """These are done and go. Answers those that do not, being asked for again: `finish` each.

    Waits for nobody, since it holds many rows that others may want in another order.
    """
    ids, owners = [job.id for job in done], {job.owner for job in done}
    mine = select(Job.id).where(Job.id.in_(ids), Job.owner.in_(owners), Job.again_ms.is_(None))
    free = mine.with_for_update(skip_locked=True)
    statement = delete(Job).where(Job.id.in_(free)).returning(Job.id)
    gone = set(db.session.scalars(statement, execution_options=NO_SYNC))
    return [job for job in done if job.id not in gone]


def finish(job: Claimed) -> None:
    """The job is done: it goes, unless it was asked for again meanwhile."""
    mine = [Job.id == job.id, Job.owner == job.owner, Job.again_ms.is_(None)]
    statement = delete(Job).where(*mine).returning(Job.id)
    if db.session.scalar(statement, execution_options=NO_SYNC) is None:
        _change(job, {"ready_ms": func.coalesce(Job.again_ms, Job.ready_ms), "attempts": 0})
        _rouse(QUEUES[job.kind], GATHER.get(job.kind, AT_ONCE))


def again(job: Claimed, delay: timedelta) -> None:
    """One piece is done and more is owed after `delay`, or earlier where somebody asked."""
    ready = db_now_ms() + int(delay.total_seconds() * 1000)
    sooner = case((Job.again_ms < ready, Job.again_ms), else_=ready)
    _change(job, {"ready_ms": sooner, "attempts": 0})
    _rouse(QUEUES[job.kind], delay)


def put_off(job: Claimed, delay: timedelta, error: str, attempts: int) -> None:
    """Give the job back after a try that came to nothing; nobody takes it before `delay`."""
    ready = db_now_ms() + int(delay.total_seconds() * 1000)
    _change(job, {"ready_ms": ready, "attempts": attempts, "last_error": error[:500]})
    _rouse(QUEUES[job.kind], delay)


def park(job: Claimed, error: str) -> None:
    """Nothing more is tried until a person says so, or until somebody asks, as now perhaps."""
    asked = Job.again_ms.is_not(None)
    values = {
        "parked": case((asked, False), else_=True),
        "attempts": case((asked, 0), else_=Job.attempts),
        "ready_ms": func.coalesce(Job.again_ms, Job.ready_ms),
        "last_error": error[:500],
    }
    _change(job, values)


def _change(job: Claimed, values: dict[str, Any]) -> None:
    """Lay the job down; whoever lost the lease meanwhile changes nothing."""
    laid = {"owner": "", "again_ms": None, "last_error": "", **values}
    mine = update(Job).where(Job.id == job.id, Job.owner == job.owner)
    db.session.execute(mine.values(laid), execution_options=NO_SYNC)
