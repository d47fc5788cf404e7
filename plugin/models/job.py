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
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, db, db_now_ms
from plugin.models.claiming import CLAIM
from plugin.models.upsert import insert_or

# The queue that each kind of work waits in. Queues have hands of their own, so that a long
# import never makes a live message wait.
QUEUES = {
    "deliver": "send",
    "line_inbox": "sync",
    "hubspot_inbox": "sync",
    "write_contacts": "sync",
    "complete_callbacks": "sync",
    "refresh_token": "sync",
    "read_profiles": "sync",
    "ensure_properties": "sync",
    "housekeeping": "sync",
    "import_list": "import",
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


class Claimed(NamedTuple):
    """A job in somebody's hands. `plants` is how often it had been asked for when taken."""

    id: int
    kind: str
    key: str
    lane: int
    plants: int
    attempts: int
    payload: dict[str, Any]
    owner: str


class Job(Base):
    """One thing owed. Unique by (kind, key): asking again for what is owed moves it up.

    `ready_ms` (the database's clock) is when it may be taken: its due time while it waits, the
    end of the lease while `owner` has it. `lane` is the Installation's id, 0 for nobody's.
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
    plants: Mapped[int] = mapped_column(default=1)
    attempts: Mapped[int] = mapped_column(default=0)
    parked: Mapped[bool] = mapped_column(default=False)
    last_error: Mapped[str] = mapped_column(Text, default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

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
    statement = insert_or(Job).values(
        queue=QUEUES[kind], ready_ms=db_now_ms() + int(delay.total_seconds() * 1000)
    )
    statement = statement.on_conflict_do_update(
        index_elements=["kind", "key"], set_=_asked_again(statement.excluded)
    )
    rows = [
        {"kind": kind, "key": str(key), "lane": lane, "payload": payload, "owner": "",
         "plants": 1, "attempts": 0, "parked": False, "last_error": ""}
        for key, payload in keys
    ]  # fmt: skip
    db.session.execute(statement, rows)
    _rouse(QUEUES[kind], delay)


def _rouse(queue: str, delay: timedelta) -> None:
    """Remember for after the commit that somebody should look into this queue, and when."""
    planted: dict[str, timedelta] = db.session().info.setdefault("planted", {})
    planted[queue] = min(delay, planted.get(queue, delay))


def _asked_again(excluded: Any) -> dict[str, Any]:
    """A waiting job comes due as soon as asked; one in work keeps its lease and runs again."""
    sooner = text(
        "CASE WHEN job.owner <> '' THEN job.ready_ms"
        " WHEN job.parked OR excluded.ready_ms < job.ready_ms THEN excluded.ready_ms"
        " ELSE job.ready_ms END"
    )
    return {
        "plants": Job.plants + 1,
        "ready_ms": sooner,
        "attempts": case((Job.parked, 0), else_=Job.attempts),
        "parked": False,
        "payload": excluded.payload,
    }


def claim(queue: str, owner: str, limit: int) -> list[Claimed]:
    """Take up to `limit` due jobs of a queue, the tenants in turn. One statement."""
    statement = CLAIM[db.session().get_bind().dialect.name]
    values = {
        "queue": queue,
        "owner": owner,
        "limit": limit,
        "lease": int(LEASE.total_seconds() * 1000),
    }
    rows = db.session.execute(statement, values).all()
    return [Claimed(*row) for row in rows]


def due_counts() -> dict[str, int]:
    """How many jobs are due, by queue; each counted to a thousand and no further."""
    return {queue: _due_count(queue) for queue in sorted(set(QUEUES.values()))}


def _due_count(queue: str) -> int:
    due = select(Job.id).where(Job.queue == queue, Job.parked.is_(False))
    some = due.where(Job.ready_ms <= db_now_ms()).limit(1000).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def finish(job: Claimed) -> None:
    """The job is done: it goes, unless it was asked for again meanwhile."""
    mine = [Job.id == job.id, Job.owner == job.owner]
    gone = db.session.query(Job).filter(*mine, Job.plants == job.plants).delete()
    if not gone:
        again(job, GATHER.get(job.kind, AT_ONCE))


def again(job: Claimed, delay: timedelta, error: str = "", attempts: int | None = 0) -> None:
    """Give the job back, to be taken after `delay`. `attempts=None` keeps the count of tries."""
    values: dict[str, Any] = {
        "owner": "",
        "ready_ms": db_now_ms() + int(delay.total_seconds() * 1000),
        "last_error": error[:500],
    }
    if attempts is not None:
        values["attempts"] = attempts
    _change(job, values)
    _rouse(QUEUES[job.kind], delay)


def park(job: Claimed, error: str) -> None:
    """Nothing more is tried until a person says so."""
    _change(job, {"owner": "", "parked": True, "last_error": error[:500]})


def _change(job: Claimed, values: dict[str, Any]) -> None:
    mine = update(Job).where(Job.id == job.id, Job.owner == job.owner)
    db.session.execute(mine.values(values))
