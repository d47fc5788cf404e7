"""What came of the sends: goals reached, changes of friends' status, LINE's own daily counts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


class GoalHit(Base):
    """A person who reached a broadcast's goal in time, sent or held out alike."""

    __tablename__ = "goal_hit"

    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id"), primary_key=True)
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class StatusChange(Base):
    """A friend followed or blocked the account, by the event's own time."""

    __tablename__ = "status_change"
    __table_args__ = (Index("status_change_of_friend", "friend_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"))
    status: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def is_known(cls, friend_id: int, status: str, at: datetime) -> bool:
        same = select(cls.id).where(cls.friend_id == friend_id, cls.at == at, cls.status == status)
        return db.session.scalar(same.limit(1)) is not None


class TemplateUnit(Base):
    """LINE's name for its statistics of a template's workflow sends in a month (UTC+9)."""

    __tablename__ = "template_unit"

    template_id: Mapped[int] = mapped_column(ForeignKey("template.id"), primary_key=True)
    # Like 202611.
    month: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    # As a Variant's.
    opens: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    opens_read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class DailyCount(Base):
    """What LINE says it accepted on a day (UTC+9) by a kind of call, and what Musubi sent."""

    __tablename__ = "daily_count"

    official_account_id: Mapped[int] = mapped_column(
        ForeignKey("official_account.id"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    # "push", "multicast" or "reply"; "names" on a month's first day: names for statistics.
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    ours: Mapped[int] = mapped_column(default=0)
    # None: LINE has not counted yet.
    theirs: Mapped[int | None] = mapped_column()
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime)
