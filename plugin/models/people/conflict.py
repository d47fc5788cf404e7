"""Link requests that conflict with another linkage, kept until a person decides."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend

# How a conflict ended: the linkage stayed, the request won, or it resolved itself.
KEPT, MOVED, SETTLED = "kept", "moved", "settled"


class Pair(NamedTuple):
    """Whom a request is about, by the platforms' ids."""

    official_account_id: int
    contact_id: int
    line_user_id: str


class Conflict(Base):
    """A friend and a contact to link, and the linkage in the way. One row for each pair. While a
    person's "keep" stands for the same linkage, a repeated request is only counted."""

    __tablename__ = "conflict"
    __table_args__ = (
        UniqueConstraint("friend_id", "contact_row_id"),
        Index("conflict_open", "installation_id", "decided_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"))
    contact_row_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    # The linkage in the way.
    standing_friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"), index=True)
    standing_contact_row_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    decision: Mapped[str] = mapped_column(String(20))  # friend_taken | contact_taken
    method: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(255))
    source: Mapped[str] = mapped_column(String(255), default="")
    times: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # LINE no longer shows the linked friend: blocked, or the LINE account was deleted and made
    # anew.
    gone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[str] = mapped_column(String(255), default="")
    verdict: Mapped[str] = mapped_column(String(20), default="")
    # Not joined: PostgreSQL plans slowly with two friends and their linkages in one query.
    friend: Mapped[Friend] = relationship(lazy="selectin", foreign_keys=friend_id)
    contact: Mapped[Contact] = relationship(lazy="selectin", foreign_keys=contact_row_id)
    standing_friend: Mapped[Friend] = relationship(lazy="selectin", foreign_keys=standing_friend_id)
    standing_contact: Mapped[Contact] = relationship(
        lazy="selectin", foreign_keys=standing_contact_row_id
    )
    official_account: Mapped[OfficialAccount] = relationship(lazy="selectin")

    @classmethod
    def owned(cls, installation_id: int, decided: bool = False) -> Select[tuple["Conflict"]]:
        statement = select(cls).where(cls.installation_id == installation_id)
        done = cls.decided_at.is_not(None) if decided else cls.decided_at.is_(None)
        return statement.where(done)

    @classmethod
    def find_owned(cls, installation_id: int, conflict_id: int) -> "Conflict | None":
        statement = select(cls).where(cls.installation_id == installation_id)
        return db.session.scalar(statement.where(cls.id == conflict_id))

    @classmethod
    def ids_of(cls, installation_id: int, pairs: Collection[Pair]) -> dict[Pair, int]:
        """Return the conflicts' ids, decided or not; a merged contact's is that of its survivor."""
        statement = (
            select(cls.official_account_id, Contact.contact_id, Friend.line_user_id, cls.id)
            .join(Friend, Friend.id == cls.friend_id)
            .join(Contact, func.coalesce(Contact.merged_into_id, Contact.id) == cls.contact_row_id)
            .where(
                cls.installation_id == installation_id,
                Contact.installation_id == installation_id,
                Contact.contact_id.in_({pair.contact_id for pair in pairs}),
                Friend.line_user_id.in_({pair.line_user_id for pair in pairs}),
            )
        )
        rows = db.session.execute(statement).tuples()
        return {Pair(account, contact, user): found for account, contact, user, found in rows}

    @classmethod
    def count_open(cls, installation_id: int) -> int:
        rows = cls.owned(installation_id).with_only_columns(func.count(cls.id))
        return db.session.scalar(rows) or 0
