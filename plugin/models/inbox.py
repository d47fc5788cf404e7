"""Signed events as they came in, kept before anything else is done with them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.core.storable import storable
from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.upsert import insert_or

LINE, HUBSPOT = "line", "hubspot"
LAST_MS = 253402300799999  # the end of the year 9999


class WebhookEvent(Base):
    """One event. `owner_id`: the OfficialAccount (LINE) or Installation (HubSpot) it is for.

    `event_key` is what makes a repeat recognisable: LINE's webhookEventId; for HubSpot, whose
    eventId is not unique, the fields that are unique together.
    """

    __tablename__ = "webhook_event"
    __table_args__ = (
        UniqueConstraint("source", "owner_id", "event_key"),
        Index("webhook_event_owed", "source", "owner_id", "handled_at", "occurred_ms"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[int] = mapped_column(BigInteger)
    event_key: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(60))
    occurred_ms: Mapped[int] = mapped_column(BigInteger)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    handled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str] = mapped_column(String(500), default="")

    @staticmethod
    def time_of(told: object) -> int:
        """A platform's milliseconds, or 0 where what it told is no time."""
        return told if isinstance(told, int) and 0 <= told <= LAST_MS else 0

    @classmethod
    def keep(cls, rows: list[dict[str, Any]]) -> int:
        """Store events that are new; answers how many were. One statement for all of them."""
        if not rows:
            return 0
        statement = insert_or(cls).on_conflict_do_nothing().returning(cls.id)
        return len(db.session.scalars(statement, [storable(row) for row in rows]).all())

    @classmethod
    def unhandled(cls, source: str, owner_id: int, limit: int) -> "list[WebhookEvent]":
        """Events still to be handled, in the order in which they happened."""
        mine = select(cls).where(cls.source == source, cls.owner_id == owner_id)
        mine = mine.where(cls.handled_at.is_(None)).order_by(cls.occurred_ms, cls.id)
        return list(db.session.scalars(mine.limit(limit)))


class UnsentMessage(Base):
    """A message that its writer took back, so that a copy which comes later is not kept."""

    __tablename__ = "unsent_message"
    __table_args__ = (UniqueConstraint("official_account_id", "message_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    @classmethod
    def is_known(cls, official_account_id: int, message_id: str) -> bool:
        """Whether this message was taken back."""
        mine = select(cls.id).where(cls.official_account_id == official_account_id)
        return db.session.scalar(mine.where(cls.message_id == message_id)) is not None
