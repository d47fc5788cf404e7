"""Messages that their senders unsent on LINE."""

from datetime import datetime

from sqlalchemy import BigInteger, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


class UnsentMessage(Base):
    """A message that its sender unsent, so that a copy which arrives later is not kept."""

    __tablename__ = "unsent_message"
    __table_args__ = (UniqueConstraint("official_account_id", "message_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    @classmethod
    def is_known(cls, official_account_id: int, message_id: str) -> bool:
        statement = select(cls.id).where(cls.official_account_id == official_account_id)
        return db.session.scalar(statement.where(cls.message_id == message_id)) is not None
