"""What was spent of a platform's patience, shared by all processes and machines."""

from typing import Any

from sqlalchemy import JSON, BigInteger, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, db, db_now_ms
from plugin.models.upsert import insert_or


class BudgetSpent(Base):
    """The grants of one bucket's last window; nobody spends before `closed_until_ms`."""

    __tablename__ = "budget_spent"

    bucket: Mapped[str] = mapped_column(String(120), primary_key=True)
    grants: Mapped[list[Any]] = mapped_column(JSON, default=list)
    closed_until_ms: Mapped[int] = mapped_column(BigInteger, default=0)

    @classmethod
    def locked(cls, bucket: str) -> "tuple[BudgetSpent, int]":
        """The row, held by this transaction, and the database's time in milliseconds."""
        row = _locked(bucket)
        if row is None:
            fresh = {"bucket": bucket, "grants": [], "closed_until_ms": 0}
            db.session.execute(insert_or(cls).values(fresh).on_conflict_do_nothing())
            row = _locked(bucket)
        assert row is not None  # noqa: S101 - inserted a line above
        # Asked for after the lock: whoever waited for it must not stamp an older time.
        return row, db.session.scalar(select(db_now_ms())) or 0


def _locked(bucket: str) -> BudgetSpent | None:
    return db.session.get(BudgetSpent, bucket, populate_existing=True, with_for_update=True)
