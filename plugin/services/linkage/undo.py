"""Undo of history entries: an undo is an entry of its own, and happens once."""

from typing import Literal

from sqlalchemy import select

from plugin.models.base import db
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import LINKING_EVENTS, Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.transaction import retried, transaction
from plugin.services.contacts.records import contact_row_ids_of, lock_contacts
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link, move_linkage, unlink

# "overtaken": a later entry exists; "taken": the friend or the contact is linked elsewhere;
# "contact_gone": HubSpot deleted it; "not_undoable": the entry changed no linkage.
UndoResult = Literal["undone", "overtaken", "taken", "contact_gone", "not_undoable"]


def undo(entry: HistoryEntry, actor: str) -> UndoResult:
    """Undo a link (unlink), an unlink (link again if both are free) or a move (move back)."""
    return _undo_entry(entry.id, actor)


@retried
def _undo_entry(entry_id: int, actor: str) -> UndoResult:
    with transaction() as session:
        entry = session.get(HistoryEntry, entry_id)
        return "not_undoable" if entry is None else _undo(entry, actor)


def newest_linking(friend: Friend) -> HistoryEntry | None:
    """Return the only entry that can be undone."""
    statement = select(HistoryEntry).where(
        HistoryEntry.official_account_id == friend.official_account_id,
        HistoryEntry.line_user_id == friend.line_user_id,
        HistoryEntry.event_type.in_(LINKING_EVENTS),
    )
    return db.session.scalar(statement.order_by(HistoryEntry.id.desc()).limit(1))


def _undo(entry: HistoryEntry, actor: str) -> UndoResult:
    friend = Friend.of_account(entry.official_account_id, entry.line_user_id)
    if entry.event_type not in LINKING_EVENTS or friend is None:
        return "not_undoable"
    lock_contacts(_contact_row_ids(entry, friend))
    newest = newest_linking(friend)
    if newest is None or newest.id != entry.id:
        return "overtaken"
    linkage = db.session.scalar(select(Linkage).where(Linkage.friend_id == friend.id))
    if entry.event_type == "linked" and linkage is not None:
        unlink(linkage, actor, "manual", f"undo:{entry.id}", entry)
        return "undone"
    if entry.event_type == "moved" and linkage is not None:
        return _move_back(entry, linkage, actor)
    return _link_again(entry, friend, actor)


def _link_again(entry: HistoryEntry, friend: Friend, actor: str) -> UndoResult:
    contact = Contact.of_portal(entry.installation_id, entry.contact_id)
    if contact is None or contact.deleted_at is not None:
        return "contact_gone"
    if Linkage.of_contact(entry.official_account_id, contact.id) is not None:
        return "taken"
    method = entry.before.get("method", entry.method)
    result = link(LinkRequest(friend, contact, method, actor, f"undo:{entry.id}"), entry)
    return "undone" if result.decision == "link" else "taken"


def _move_back(entry: HistoryEntry, linkage: Linkage, actor: str) -> UndoResult:
    contact = Contact.by_contact_id(entry.installation_id, int(entry.before.get("contact_id", 0)))
    if contact is None or contact.deleted_at is not None:
        return "contact_gone"
    if Linkage.of_contact(entry.official_account_id, contact.id) is not None:
        return "taken"
    method = entry.before.get("method", entry.method)
    request = LinkRequest(linkage.friend, contact, method, actor, f"undo:{entry.id}")
    move_linkage(linkage, request, entry)
    return "undone"


def _contact_row_ids(entry: HistoryEntry, friend: Friend) -> list[int]:
    current = Contact.of_portal(entry.installation_id, entry.contact_id)
    earlier = Contact.by_contact_id(entry.installation_id, int(entry.before.get("contact_id", 0)))
    contact_ids = [contact.id for contact in (current, earlier) if contact is not None]
    return [*contact_row_ids_of(friend), *contact_ids]
