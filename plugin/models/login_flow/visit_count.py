"""How often friends passed the steps of a QR code's login flow, by day."""

from datetime import date

from sqlalchemy import BigInteger, Date, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, db


class VisitCount(Base):
    __tablename__ = "visit_count"
    __table_args__ = (UniqueConstraint("qr_code_id", "day", "outcome"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # 0: the code is unknown.
    qr_code_id: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date] = mapped_column(Date)
    outcome: Mapped[str] = mapped_column(String(40))  # scan | login | linked | expired | ...
    count: Mapped[int] = mapped_column(default=0)

    @classmethod
    def totals(cls, qr_code_ids: list[int]) -> dict[int, dict[str, int]]:
        statement = select(cls.qr_code_id, cls.outcome, func.sum(cls.count))
        statement = statement.where(cls.qr_code_id.in_(qr_code_ids)).group_by(
            cls.qr_code_id, cls.outcome
        )
        totals: dict[int, dict[str, int]] = {}
        for code, outcome, count in db.session.execute(statement):
            totals.setdefault(code, {})[outcome] = int(count)
        return totals

    @classmethod
    def by_day(cls, qr_code_id: int, since: date) -> dict[date, dict[str, int]]:
        """Return one code's counts by day and outcome, without days that have none."""
        statement = select(cls.day, cls.outcome, cls.count)
        statement = statement.where(cls.qr_code_id == qr_code_id, cls.day >= since)
        days: dict[date, dict[str, int]] = {}
        for day, outcome, count in db.session.execute(statement):
            days.setdefault(day, {})[outcome] = int(count)
        return days
