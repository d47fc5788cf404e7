"""What is used up of a platform's rate limits, shared by all processes and machines."""

from typing import Any, NamedTuple

from sqlalchemy import JSON, BigInteger, String, bindparam, case, select, text
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, db_now_ms
from plugin.models.sql import insert_or
from plugin.models.transaction import autocommit_scalar, current_row


class BudgetSpent(Base):
    __tablename__ = "budget_spent"

    bucket: Mapped[str] = mapped_column(String(120), primary_key=True)
    # Of the last window.
    grants: Mapped[list[Any]] = mapped_column(JSON, default=list)
    # No call may go out before then.
    closed_until_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    # Counts the writes, so that `write` notices one since the row was read.
    version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class Spent(NamedTuple):
    """A row as it was read, at `now` (the database's time in milliseconds)."""

    grants: list[Any]
    closed_until_ms: int
    version: int
    now: int


_ROW = (BudgetSpent.grants, BudgetSpent.closed_until_ms, BudgetSpent.version, db_now_ms())
# Every call of a tenant is counted in its row, so no process holds the row while it computes: it
# reads the row, and one statement writes it if it is unchanged.
_WRITE = text("""
INSERT INTO budget_spent (bucket, grants, closed_until_ms, version)
VALUES (:bucket, :grants, 0, 1)
ON CONFLICT (bucket) DO UPDATE SET grants = excluded.grants, version = budget_spent.version + 1
WHERE budget_spent.version = :version
RETURNING version
""").bindparams(bindparam("grants", type_=JSON()))


def read(bucket: str) -> Spent:
    row = current_row(select(*_ROW).where(BudgetSpent.bucket == bucket))
    return Spent(*row) if row else Spent([], 0, 0, _now())


def _now() -> int:
    row = current_row(select(db_now_ms()))
    return row[0] if row else 0


def write(bucket: str, seen: Spent, grants: list[Any]) -> bool:
    """Store the grants. Return False where the row was written since it was read."""
    values = {"bucket": bucket, "grants": grants, "version": seen.version}
    return autocommit_scalar(_WRITE, values) is not None


def close(bucket: str, wait_ms: int) -> None:
    """Let no call go out for `wait_ms` from now on, or for longer where that is so already."""
    until = db_now_ms() + wait_ms
    fresh = insert_or(BudgetSpent).values(
        bucket=bucket, grants=[], closed_until_ms=until, version=1
    )
    later = case((BudgetSpent.closed_until_ms > until, BudgetSpent.closed_until_ms), else_=until)
    shut = {"closed_until_ms": later, "version": BudgetSpent.version + 1}
    statement = fresh.on_conflict_do_update(index_elements=["bucket"], set_=shut)
    autocommit_scalar(statement.returning(BudgetSpent.version))
