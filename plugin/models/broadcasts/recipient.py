"""People whom a broadcast chose: one row each, written when the audience is frozen."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.sql import partial_index

# WAITING, then SENDING (a try may be out), then one of the ends.
WAITING, SENDING, SENT, FAILED, UNKNOWN, LEFT_OUT, HELD_OUT = (
    "waiting", "sending", "sent", "failed", "unknown", "left_out", "held_out",
)  # fmt: skip


class Recipient(Base):
    """One person of a broadcast. `reason` says why somebody was left out or a send failed."""

    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("broadcast_id", "friend_id"),
        Index("recipient_in_state", "broadcast_id", "state", "id"),
        # The frequency cap counts a friend's claims.
        Index("recipient_of_friend", "friend_id", "claimed_at"),
        Index("recipient_of_delivery", "delivery_id"),
        Index("recipient_of_multicast", "multicast_id"),
        partial_index("recipient_of_contact", "contact_id", part="contact_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id"))
    # None: a member of the HubSpot list who is not linked, by HubSpot's `contact_id`.
    friend_id: Mapped[int | None] = mapped_column(ForeignKey("friend.id"))
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    # None: waits for the winner of the split test.
    variant: Mapped[int | None] = mapped_column()
    # 0 to 9,999 by broadcast and friend (`core.broadcasts.buckets`).
    bucket: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    reason: Mapped[str] = mapped_column(String(30), default="")
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))
    multicast_id: Mapped[int | None] = mapped_column(ForeignKey("multicast.id"))
    # Quiet hours hold it until then.
    held_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When it was claimed for a send, then when that went out or may have; the cap counts from here.
    claimed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Tally(Base):
    """How many recipients of a broadcast are in a state, kept by every change of one."""

    __tablename__ = "broadcast_tally"

    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id"), primary_key=True)
    # -1: waits for the winner.
    variant: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(10), primary_key=True)
    reason: Mapped[str] = mapped_column(String(30), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)

    @classmethod
    def count_of(cls, broadcast_id: int, state: str) -> int:
        statement = select(func.coalesce(func.sum(cls.count), 0))
        found = db.session.scalar(
            statement.where(cls.broadcast_id == broadcast_id, cls.state == state)
        )
        return int(found or 0)
