"""The linkage history: what happened to linkages, when, and by whom."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.people.friend import Friend


class HistoryEntry(Base):
    """An event of a linkage, kept for ever: when, how, by whom, from where, and what was before. In
    the database the table is "ledger_entry", and `event_type` is "deed"."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        Index("ledger_of_friend", "official_account_id", "line_user_id"),
        Index("ledger_of_contact", "installation_id", "contact_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    event_type: Mapped[str] = mapped_column("deed", String(20))  # one of EVENT_TYPES
    method: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(255))
    source: Mapped[str] = mapped_column(String(255), default="")
    line_user_id: Mapped[str] = mapped_column(String(80))
    contact_id: Mapped[int] = mapped_column(BigInteger)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # The entry that this one undoes. An entry is undone once.
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["HistoryEntry"]]:
        return select(cls).where(cls.installation_id == installation_id)

    @classmethod
    def undoing(cls, entry_id: int) -> "HistoryEntry":
        return db.session.scalars(select(cls).where(cls.undoes_id == entry_id)).one()

    @classmethod
    def of_friend(cls, friend: Friend, limit: int) -> "list[HistoryEntry]":
        statement = select(cls).where(cls.official_account_id == friend.official_account_id)
        statement = statement.where(cls.line_user_id == friend.line_user_id)
        return list(db.session.scalars(statement.order_by(cls.id.desc()).limit(limit)))
