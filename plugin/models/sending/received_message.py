"""Messages that a friend wrote, by the webhook event that holds their words for a month."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, UTCDateTime


class ReceivedMessage(Base):
    __tablename__ = "received_message"
    __table_args__ = (Index("received_message_of_friend", "friend_id", "at"),)

    # Without a foreign key: both are deleted by their age, each by itself.
    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
