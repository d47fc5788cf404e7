"""Writes that a program may repeat under one `Idempotency-Key`, with the answer they got."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db


class IdempotentCall(Base):
    """One key of one tenant. `status` is None while the first call is at work.

    `request` is a SHA-256 over method, path and body. `claimed_at` also names the claim: who took
    over from a call that never ended has a newer one.
    """

    __tablename__ = "idempotent_call"
    __table_args__ = (UniqueConstraint("installation_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    key: Mapped[str] = mapped_column(String(255))
    request: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column()
    # Sealed, because an answer holds people's names and addresses.
    answer: Mapped[str] = mapped_column(Sealed, default="")
    claimed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    @classmethod
    def of_key(cls, installation_id: int, key: str) -> "IdempotentCall | None":
        """The row of a key, locked where the database locks rows."""
        mine = select(cls).where(cls.installation_id == installation_id, cls.key == key)
        fresh = mine.with_for_update().execution_options(populate_existing=True)
        return db.session.scalar(fresh)
