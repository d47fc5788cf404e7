"""Messages of conversations, and notes that only the team sees."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Select, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.sql import partial_index

# From the friend, to the friend, or among the team.
IN, OUT, NOTE = "in", "out", "note"
# LINE's content of a picture, video, voice message or file: to be fetched, kept in `media`,
# deleted at LINE before it was fetched, or refused for its size or kind. "" for messages without.
PENDING, KEPT, GONE, REFUSED = "pending", "kept", "gone", "refused"


class ConversationMessage(Base):
    __tablename__ = "conversation_message"
    __table_args__ = (
        Index("conversation_message_of", "conversation_id", "at", "id"),
        Index("conversation_message_at", "at"),
        Index("conversation_message_line", "conversation_id", "line_message_id"),
        partial_index(
            "conversation_content_pending", "conversation_id", part="content_state = 'pending'"
        ),
        partial_index("conversation_message_media", "media_id", part="media_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    direction: Mapped[str] = mapped_column(String(4))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    # LINE's type of the first message object, or "note".
    kind: Mapped[str] = mapped_column(String(20))
    # The words, where there are any; of a file its name.
    text: Mapped[str] = mapped_column(Text, default="")
    # What else the kind has: sticker, place, length of a voice message, LINE's message objects;
    # "by": the program that wrote it.
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    line_message_id: Mapped[str] = mapped_column(String(80), default="")
    content_state: Mapped[str] = mapped_column(String(10), default="")
    # What the friend sent, or the uploaded picture of an answer.
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    # How an answer goes out; its state is the message's state.
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"), index=True)
    # Who answered or noted; None: the friend.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # The friend took it back; words, payload and content are deleted.
    unsent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def of(cls, conversation_id: int) -> "Select[tuple[ConversationMessage]]":
        return select(cls).where(cls.conversation_id == conversation_id)

    @classmethod
    def of_delivery(cls, delivery_id: int) -> "ConversationMessage | None":
        return db.session.scalar(select(cls).where(cls.delivery_id == delivery_id))

    @classmethod
    def of_conversation(
        cls, conversation_id: int, limit: int, before_id: int | None = None
    ) -> "list[ConversationMessage]":
        """Return the newest ones, the newest first."""
        statement = cls.of(conversation_id)
        if before_id is not None:
            statement = statement.where(cls.id < before_id)
        return list(db.session.scalars(statement.order_by(cls.id.desc()).limit(limit)))
