"""What a broadcast sends: one variant, or two to four in a split test."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, UTCDateTime, db
from plugin.models.broadcasts.broadcast import Broadcast


class Variant(Base):
    """Messages of a template's version, or written in the broadcast itself."""

    __tablename__ = "broadcast_variant"

    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id"), primary_key=True)
    # From 0 on: A, B, C, D.
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    template_id: Mapped[int | None] = mapped_column(ForeignKey("template.id"), index=True)
    # Stored when the audience is frozen, as are the template's messages.
    template_version: Mapped[int | None] = mapped_column()
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    tracks_links: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    # LINE's name for its statistics, "" where none could be had; what LINE counted under it.
    aggregation_unit: Mapped[str] = mapped_column(String(30), default="")
    opens: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    opens_read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    def is_kept(self, broadcast: Broadcast) -> bool:
        """Whether a template's version was stored here, so that a later one changes nothing."""
        return broadcast.frozen_at is not None and self.template_version is not None

    @classmethod
    def of_broadcast(cls, broadcast_id: int) -> "list[Variant]":
        statement = select(cls).where(cls.broadcast_id == broadcast_id)
        return list(db.session.scalars(statement.order_by(cls.number)))
