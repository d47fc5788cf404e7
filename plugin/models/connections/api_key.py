"""Keys by which programs use the JSON API."""

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


class ApiKey(Base):
    """A program's key to one Installation; only its fingerprint is stored."""

    __tablename__ = "api_key"
    # How the name of a program begins where it stands beside members' e-mail addresses.
    WORDS = "API key"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(index=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    prefix: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(20))
    # What its owner calls it.
    name: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Within the hour: not every call is worth a write.
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def shown_name(self) -> str:
        """Return what the audit and histories call whoever holds it."""
        return f"{self.WORDS} {self.name or self.prefix}"

    @classmethod
    def list_owned(cls, installation_id: int) -> "list[ApiKey]":
        return list(
            db.session.scalars(
                select(cls).where(cls.installation_id == installation_id).order_by(cls.id)
            )
        )

    @classmethod
    def of_fingerprint(cls, fingerprint: str) -> "ApiKey | None":
        statement = select(cls).where(cls.fingerprint == fingerprint, cls.revoked_at.is_(None))
        return db.session.scalar(statement)
