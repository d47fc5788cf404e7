"""Signed webhook events, stored as received before anything else is done with them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db

LINE, HUBSPOT = "line", "hubspot"
LAST_MS = 253402300799999  # the end of the year 9999


class WebhookEvent(Base):
    __tablename__ = "webhook_event"
    __table_args__ = (
        UniqueConstraint("source", "owner_id", "event_key"),
        Index("webhook_event_owed", "source", "owner_id", "handled_at", "occurred_ms"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source: Mapped[str] = mapped_column(String(10))
    # The OfficialAccount (LINE) or Installation (HubSpot) that it is for.
    owner_id: Mapped[int] = mapped_column(BigInteger)
    # Makes a repeat recognisable: LINE's webhookEventId; for HubSpot, whose eventId is not unique,
    # the fields that are unique together.
    event_key: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(60))
    occurred_ms: Mapped[int] = mapped_column(BigInteger)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    handled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str] = mapped_column(String(500), default="")

    @staticmethod
    def time_of(value: object) -> int:
        """Return a platform's milliseconds, or 0 where the value is no time."""
        return value if type(value) is int and 0 <= value <= LAST_MS else 0

    @classmethod
    def unhandled(cls, source: str, owner_id: int, limit: int) -> "list[WebhookEvent]":
        statement = select(cls).where(cls.source == source, cls.owner_id == owner_id)
        statement = statement.where(cls.handled_at.is_(None)).order_by(cls.occurred_ms, cls.id)
        return list(db.session.scalars(statement.limit(limit)))
