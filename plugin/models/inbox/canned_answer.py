"""Answers that a team prepares once and sends often."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


class CannedAnswer(Base):
    __tablename__ = "canned_answer"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    # With tokens, as in templates.
    text: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(255), default="")
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["CannedAnswer"]]:
        return select(cls).where(cls.installation_id == installation_id).order_by(cls.name)

    @classmethod
    def find_owned(cls, installation_id: int, answer_id: int) -> "CannedAnswer | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == answer_id))
