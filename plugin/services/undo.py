"""Taking back what the ledger says: an undo is a line of its own, and comes once."""

from typing import Literal

from sqlalchemy import select

from plugin.models.base import db, repeated, transaction
from plugin.models.people import TYING, Contact, Friend, LedgerEntry, Linkage
from plugin.services.ledger import Wish
from plugin.services.link_friend import contact_rows_of, lock_contacts, shift, tie, untie

# Undone; or why it cannot be: something came after it, one of the two is tied elsewhere, the
# contact is gone from HubSpot, or the line is of a kind that changed nothing.
Undone = Literal["undone", "overtaken", "taken", "contact_gone", "not_undoable"]


@repeated
def undo(entry: LedgerEntry, actor: str) -> Undone:
    """Undo a link (unlink), an unlink (link again if both are free) or a move (move back)."""
    with transaction():
        return _undo(entry, actor)


def newest_tying(friend: Friend) -> LedgerEntry | None:
    """The friend's last line that changed a tie: the only one that can be taken back."""
    mine = select(LedgerEntry).where(
        LedgerEntry.official_account_id == friend.official_account_id,
        LedgerEntry.line_user_id == friend.line_user_id,
        LedgerEntry.deed.in_(TYING),
    )
    return db.session.scalar(mine.order_by(LedgerEntry.id.desc()).limit(1))


def _undo(entry: LedgerEntry, actor: str) -> Undone:
    friend = Friend.of_account(entry.official_account_id, entry.line_user_id)
    if entry.deed not in TYING or friend is None:
        return "not_undoable"
    lock_contacts(_contacts(entry, friend))
    newest = newest_tying(friend)
    if newest is None or newest.id != entry.id:
        return "overtaken"
    linkage = db.session.scalar(select(Linkage).where(Linkage.friend_id == friend.id))
    if entry.deed == "linked" and linkage is not None:
        untie(linkage, actor, "manual", f"undo:{entry.id}", entry)
        return "undone"
    if entry.deed == "moved" and linkage is not None:
        return _move_back(entry, linkage, actor)
    return _tie_again(entry, friend, actor)


def _tie_again(entry: LedgerEntry, friend: Friend, actor: str) -> Undone:
    contact = Contact.of_portal(entry.installation_id, entry.contact_id)
    if contact is None or contact.deleted_at is not None:
        return "contact_gone"
    if Linkage.of_contact(entry.official_account_id, contact.id) is not None:
        return "taken"
    method = entry.before.get("method", entry.method)
    tied = tie(Wish(friend, contact, method, actor, f"undo:{entry.id}"), entry)
    return "undone" if tied.decision == "link" else "taken"


def _move_back(entry: LedgerEntry, linkage: Linkage, actor: str) -> Undone:
    contact = Contact.exactly(entry.installation_id, int(entry.before.get("contact_id", 0)))
    if contact is None or contact.deleted_at is not None:
        return "contact_gone"
    if Linkage.of_contact(entry.official_account_id, contact.id) is not None:
        return "taken"
    method = entry.before.get("method", entry.method)
    wish = Wish(linkage.friend, contact, method, actor, f"undo:{entry.id}")
    return "undone" if shift(linkage, wish, entry) else "overtaken"


def _contacts(entry: LedgerEntry, friend: Friend) -> list[int]:
    """Rows of all contacts that undoing the line may touch."""
    there = Contact.of_portal(entry.installation_id, entry.contact_id)
    before = Contact.exactly(entry.installation_id, int(entry.before.get("contact_id", 0)))
    return [*contact_rows_of(friend), *(one.id for one in (there, before) if one is not None)]
