"""Addresses that friends typed: the code that was sent there, and how many were sent."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, UTCDateTime, db


class EmailProof(Base):
    """The newest code of a walk, and the address it went to. Gone when the walk is.

    `code` is a keyed fingerprint. `proved_at`: the friend read the mail, so the address is theirs.
    """

    __tablename__ = "email_proof"

    attempt_id: Mapped[int] = mapped_column(
        ForeignKey("login_attempt.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(255))
    code: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    proved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def of(cls, attempt_id: int | None) -> "EmailProof | None":
        """The walk's proof, asked for or done."""
        return db.session.get(cls, attempt_id) if attempt_id else None


class MailCount(Base):
    """How many codes an address was sent, or a friend asked for, in a window that ends `until`."""

    __tablename__ = "mail_count"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    count: Mapped[int]
