"""Recipients of a broadcast by what became of them and what they did."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, exists, select

from plugin.models.base import db
from plugin.models.broadcasts.recipient import SENT, Recipient
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.sending.link_click import LinkClick


class RecipientFilter(NamedTuple):
    """Filters; None and "" leave one out. `tapped` and `replied` ask only those who got it."""

    state: str = ""
    reason: str = ""
    variant: int | None = None
    tapped: bool | None = None
    replied: bool | None = None


class RecipientRow(NamedTuple):
    """A recipient with the rows of their two halves, where these are known."""

    recipient: Recipient
    friend: Friend | None
    contact: Contact | None


def find_recipients(broadcast_id: int, wanted: RecipientFilter) -> Select[tuple[Recipient]]:
    statement = select(Recipient).where(Recipient.broadcast_id == broadcast_id)
    if wanted.state:
        statement = statement.where(Recipient.state == wanted.state)
    if wanted.reason:
        statement = statement.where(Recipient.reason == wanted.reason)
    if wanted.variant is not None:
        statement = statement.where(Recipient.variant == wanted.variant)
    if wanted.tapped is not None:
        statement = statement.where(Recipient.state == SENT, _is(wanted.tapped, _tapped()))
    if wanted.replied is not None:
        statement = statement.where(Recipient.state == SENT, _is(wanted.replied, _replied()))
    return statement


def rows_of(recipients: list[Recipient], installation_id: int) -> list[RecipientRow]:
    """Return the recipients with their friends and contacts, in two statements."""
    ids = [row.friend_id for row in recipients if row.friend_id is not None]
    found = db.session.scalars(select(Friend).where(Friend.id.in_(ids))).unique()
    friends = {friend.id: friend for friend in found}
    lonely = [row.contact_id for row in recipients if row.friend_id is None and row.contact_id]
    contacts = Contact.of_portal_many(installation_id, lonely) if lonely else {}
    return [_row(row, friends.get(row.friend_id or 0), contacts) for row in recipients]


def _row(recipient: Recipient, friend: Friend | None, contacts: dict[int, Contact]) -> RecipientRow:
    if friend is not None:
        contact = friend.linkage.contact if friend.linkage else None
        return RecipientRow(recipient, friend, contact)
    contact_id = recipient.contact_id or 0
    unnamed = Contact(contact_id=contact_id, email="", firstname="", lastname="")
    return RecipientRow(recipient, None, contacts.get(contact_id) or unnamed)


def _is(wanted: bool, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return condition if wanted else ~condition


def _tapped() -> ColumnElement[bool]:
    return exists().where(LinkClick.delivery_id == Recipient.delivery_id)


def _replied() -> ColumnElement[bool]:
    wrote = Friend.last_received_at > Recipient.claimed_at
    return exists().where(Friend.id == Recipient.friend_id, wrote)
