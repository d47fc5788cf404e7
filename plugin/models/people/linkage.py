"""Linkages: each links one friend and one contact of an Official Account."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend

if TYPE_CHECKING:
    from collections.abc import Iterable


class Linkage(Base):
    __tablename__ = "linkage"
    __table_args__ = (
        # The database allows one contact per friend, and one friend per contact on each account.
        UniqueConstraint("friend_id"),
        UniqueConstraint("official_account_id", "contact_row_id"),
        Index("linkage_of_newest_friend", "official_account_id", "friend_id"),
        Index("linkage_newest", "official_account_id", "linked_at", "friend_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"))
    contact_row_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    method: Mapped[str] = mapped_column(String(20))
    linked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    friend: Mapped[Friend] = relationship(back_populates="linkage", lazy="joined", innerjoin=True)
    # An inner join, nested in a friend's outer one, has SQLite read all linkages for each friend.
    contact: Mapped[Contact] = relationship(lazy="joined")

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Linkage"]]:
        accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
        return select(cls).where(cls.official_account_id.in_(accounts.order_by(None)))

    @classmethod
    def find_owned(cls, installation_id: int, linkage_id: int) -> "Linkage | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == linkage_id))

    @classmethod
    def of_contact(cls, account_id: int, contact_row_id: int) -> "Linkage | None":
        statement = select(cls).where(cls.official_account_id == account_id)
        return db.session.scalar(statement.where(cls.contact_row_id == contact_row_id))

    @classmethod
    def of_contacts(cls, contact_row_ids: "Iterable[int]") -> "list[Linkage]":
        row_ids = list(contact_row_ids)
        # Each account once for all, not with each row.
        accounts = joinedload(cls.friend).selectinload(Friend.official_account)
        statement = select(cls).where(cls.contact_row_id.in_(row_ids)).options(accounts)
        return list(db.session.scalars(statement)) if row_ids else []


# What can happen to a linkage. The first three change it. The others record why nothing changed, or
# what else was done: a request met a linkage, a person kept that linkage, a value could not be
# linked, LINE was notified of the unlinking (or could not be), a person asked for erasure.
LINKING_EVENTS = ("linked", "moved", "unlinked")
EVENT_TYPES = (
    *LINKING_EVENTS,
    "conflict",
    "kept",
    "refused",
    "deauthorized",
    "not_deauthorized",
    "erased",
)
