"""Conversations: what one friend and the team wrote to each other."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.core.clock import utcnow
from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.member import Member
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.models.sql import partial_index

OPEN, CLOSED = "open", "closed"


class Conversation(Base):
    """One a friend. A new message of the friend opens a closed one again."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index("conversation_newest", "official_account_id", "state", "last_at", "id"),
        partial_index(
            "conversation_unread", "official_account_id", "last_at", part="unread > 0"
        ),
        # Those that somebody may have to be told of.
        partial_index("conversation_unopened", "unread_since", part="unread_since IS NOT NULL"),
        Index("conversation_assigned", "assigned_to", "last_at"),
        Index("conversation_changed", "official_account_id", "changed_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"), unique=True)
    state: Mapped[str] = mapped_column(String(10), default=OPEN)
    # Messages of the friend that nobody has opened yet.
    unread: Mapped[int] = mapped_column(default=0)
    # Since when the oldest of them waits for a reader.
    unread_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The newest message of either side, and the beginning of its words ("" for a picture).
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_direction: Mapped[str] = mapped_column(String(4), default="in")
    last_kind: Mapped[str] = mapped_column(String(20), default="text")
    last_text: Mapped[str] = mapped_column(String(200), default="")
    # The friend's oldest message without an answer; None: answered, or read and closed.
    waiting_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When the team was told by e-mail that nobody reads it.
    notified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # Who is writing an answer, so that no two do at once; it ends by itself.
    answering_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    answering_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # LINE's token of the friend's newest message, "" once it was used.
    read_token: Mapped[str] = mapped_column(String(500), default="")
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # When anything that an open inbox shows of it changed last.
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    friend: Mapped[Friend] = relationship(lazy="joined", innerjoin=True)
    assignee: Mapped[Member | None] = relationship(foreign_keys=[assigned_to])
    answering: Mapped[Member | None] = relationship(foreign_keys=[answering_by])

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Conversation"]]:
        accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
        return select(cls).where(cls.official_account_id.in_(accounts.order_by(None)))

    @classmethod
    def find_owned(cls, installation_id: int, conversation_id: int) -> "Conversation | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == conversation_id))

    @classmethod
    def of_friend(cls, friend_id: int) -> "Conversation | None":
        return db.session.scalar(select(cls).where(cls.friend_id == friend_id))

    @classmethod
    def touch(cls, conversation_ids: Collection[int | None]) -> None:
        """Have open inboxes look at them again, inside the caller's transaction."""
        touched = [row_id for row_id in conversation_ids if row_id is not None]
        if touched:
            cls._touch(cls.id.in_(touched))

    @classmethod
    def touch_friend(cls, friend_id: int) -> None:
        """Have open inboxes look at the friend's conversation again, if there is one."""
        cls._touch(cls.friend_id == friend_id)

    @classmethod
    def _touch(cls, which: ColumnElement[bool]) -> None:
        statement = update(cls).where(which).values(changed_at=utcnow())
        db.session.execute(statement, execution_options={"synchronize_session": False})

    @classmethod
    def held(cls, conversation_id: int) -> "Conversation":
        """Return it as it is now, locked to the end of the caller's transaction."""
        return db.session.get_one(
            cls, conversation_id, populate_existing=True, with_for_update={"of": cls}
        )
