"""Messages that a friend wrote, by the webhook event that holds their words for a month."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, UTCDateTime, db
from plugin.models.people.friend import Friend
from plugin.models.system.webhook_event import LINE, WebhookEvent


class ReceivedMessage(Base):
    __tablename__ = "received_message"
    __table_args__ = (Index("received_message_of_friend", "friend_id", "at"),)

    # Without a foreign key: both are deleted by their age, each by itself.
    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    @classmethod
    def of_friend(cls, friend: Friend, limit: int) -> "list[tuple[ReceivedMessage, WebhookEvent]]":
        """Return the newest ones with their events, which have the words."""
        statement = select(cls, WebhookEvent).join(WebhookEvent, WebhookEvent.id == cls.event_id)
        statement = statement.where(
            cls.friend_id == friend.id,
            WebhookEvent.source == LINE,
            WebhookEvent.owner_id == friend.official_account_id,
        )
        rows = db.session.execute(statement.order_by(cls.at.desc()).limit(limit))
        return list(rows.tuples())
