"""API writes that a program may repeat under one `Idempotency-Key`, with their responses."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db


class IdempotentCall(Base):
    __tablename__ = "idempotent_call"
    __table_args__ = (UniqueConstraint("installation_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    key: Mapped[str] = mapped_column(String(255))
    # A SHA-256 over method, path and body.
    request: Mapped[str] = mapped_column(String(64))
    # None while the first call is running.
    status: Mapped[int | None] = mapped_column()
    # Sealed, because responses hold people's names and addresses.
    answer: Mapped[str] = mapped_column(Sealed, default="")
    # Also identifies the claim: taking over from a call that never ended makes a newer one.
    claimed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    @classmethod
    def of_key(cls, installation_id: int, key: str) -> "IdempotentCall | None":
        statement = select(cls).where(cls.installation_id == installation_id, cls.key == key)
        fresh = statement.with_for_update().execution_options(populate_existing=True)
        return db.session.scalar(fresh)
