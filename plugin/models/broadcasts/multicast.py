"""Multicasts: one LINE call with one retry key to up to 500 recipients of a broadcast."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime

# As a Delivery's: planned, sending (a try may be out), then one of the three results.
OPEN = text("state IN ('planned', 'sending')")


class Multicast(Base):
    __tablename__ = "multicast"
    __table_args__ = (
        Index("multicast_open", "broadcast_id", postgresql_where=OPEN, sqlite_where=OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id"))
    variant: Mapped[int] = mapped_column(default=0)
    retry_key: Mapped[str] = mapped_column(String(36), unique=True)
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    size: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(20), default="planned")
    error: Mapped[str] = mapped_column(String(500), default="")
    line_request_id: Mapped[str] = mapped_column(String(80), default="")
    maybe_sent: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    first_tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
