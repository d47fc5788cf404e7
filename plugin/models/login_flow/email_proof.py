"""Verification codes for e-mail addresses that friends typed."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, UTCDateTime, db


class EmailProof(Base):
    """The newest code of a login attempt and its address; deleted with the attempt."""

    __tablename__ = "email_proof"

    attempt_id: Mapped[int] = mapped_column(
        ForeignKey("login_attempt.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(255))
    # A keyed fingerprint.
    code: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    # The friend has read the mail, so the address is theirs.
    proved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def of(cls, attempt_id: int | None) -> "EmailProof | None":
        return db.session.get(cls, attempt_id) if attempt_id else None
