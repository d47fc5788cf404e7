"""Contacts that HubSpot's visitor cookie suggests: no proof, but a hint for a person's decision."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, UTCDateTime, db
from plugin.models.people.contact import Contact


class VisitorHint(Base):
    """The contact of the cookie that a friend's browser brought last. Anybody can bring any."""

    __tablename__ = "visitor_hint"

    friend_id: Mapped[int] = mapped_column(
        ForeignKey("friend.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    contact_row_id: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    contact: Mapped[Contact] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def of_friends(cls, friend_ids: Iterable[int]) -> dict[int, Contact]:
        """Return the suggested contacts by friend id, after merges and without deleted ones."""
        hints = db.session.scalars(select(cls).where(cls.friend_id.in_(list(friend_ids))))
        contacts = {hint.friend_id: _after_merges(hint.contact) for hint in hints}
        return {
            friend: contact for friend, contact in contacts.items() if contact.deleted_at is None
        }


def _after_merges(contact: Contact) -> Contact:
    if contact.merged_into_id is None:
        return contact
    return Contact.of_portal(contact.installation_id, contact.contact_id) or contact
