"""What came of the sends: goals reached, changes of friends' status, LINE's own daily counts."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime


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


class DailyCount(Base):
    """What LINE says it accepted on a day (UTC+9) by a kind of call, and what Musubi sent."""

    __tablename__ = "daily_count"

    official_account_id: Mapped[int] = mapped_column(
        ForeignKey("official_account.id"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    # "push", "multicast" or "reply"
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    ours: Mapped[int] = mapped_column(default=0)
    # None: LINE has not counted yet.
    theirs: Mapped[int | None] = mapped_column()
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime)
