"""Deletes, restores and erases contacts and their linkages, inside the caller's transaction."""

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.linkage_token import rows_of
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import LINKING_EVENTS, Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.system.job import enqueue
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.contacts.records import lock_contacts
from plugin.services.linkage.history import GONE, LinkRequest
from plugin.services.linkage.link import link, unlink
from plugin.services.outgoing.erasure import forget_contacts, hold_receivers
from plugin.services.segments.erasure import erase_from_rules
from plugin.services.sync.erasure import erase_friend

# The actor of an unlink by a contact's deletion.
BY_HUBSPOT = "hubspot:"
# Keys of an entry's `before` with values that people wrote into a property.
PROPERTY_VALUES = ("replaced", "put_back")


def mark_deleted(contact: Contact, cause: str) -> None:
    """Unlink a contact that HubSpot no longer has; the friends stay."""
    for linkage in Linkage.of_contacts([contact.id]):
        unlink(linkage, actor=BY_HUBSPOT + cause, method="property", source=GONE)
    contact.deleted_at = contact.deleted_at or utcnow()
    contact.push_pending = contact.pull_pending = False


def restore(contact: Contact, cause: str) -> None:
    """Bring the contact back with its linkages, except to friends linked otherwise meanwhile."""
    contact.deleted_at = None
    relink(contact, contact, cause)
    # HubSpot may have restored older values than Musubi's.
    contact.mark_for_pull()
    enqueue("check_contacts", contact.installation_id, contact.installation_id)
    mark_for_push(contact)


def relink(deleted: Contact, target: Contact, cause: str) -> None:
    """Link to `target` what the deletion of `deleted` unlinked; a friend linked since: conflict."""
    for entry in ended_by_deletion(deleted):
        account = OfficialAccount.find_owned(deleted.installation_id, entry.official_account_id)
        friend = Friend.of_account(account.id, entry.line_user_id) if account else None
        if friend is not None:
            method = entry.before.get("method", entry.method)
            link(LinkRequest(friend, target, method, BY_HUBSPOT + cause, f"ledger:{entry.id}"))


def erase(contact: Contact, cause: str) -> None:
    """Erase a person who asked HubSpot to be forgotten: the contact, and its friends."""
    # A simultaneous link ends first, and is erased with the others.
    lock_contacts([contact.id])
    hold_receivers(contact.installation_id)
    former_entries = ended_by_deletion(contact)
    friends = [linkage.friend for linkage in Linkage.of_contacts([contact.id])]
    mark_deleted(contact, cause)
    # The deletion may be reported before the privacy deletion, and has unlinked the friends.
    friends += [
        friend for entry in former_entries if (friend := _free_friend_of(entry)) is not None
    ]
    words = [str(contact_id) for contact_id in Contact.with_ancestors([contact])]
    for friend in {friend.id: friend for friend in friends}.values():
        words.append(friend.line_user_id)
        erase_friend(friend, contact, BY_HUBSPOT + cause)
    rows = db.session.scalars(select(Contact).where(Contact.id.in_(rows_of(contact)))).all()
    erase_from_rules(contact.installation_id, [*words, *(row.email for row in rows)])
    for merged in rows:
        merged.email = merged.firstname = merged.lastname = ""
        merged.push_error, merged.shown = "", {}
    contact_ids = list(Contact.with_ancestors([contact]))
    _erase_values(contact.installation_id, contact_ids)
    forget_contacts(contact.installation_id, contact_ids)


def was_unlinked(contact: Contact, account: OfficialAccount, line_user_id: str) -> bool:
    """Tell whether the contact's last entry here unlinked this LINE user, but not by a deletion."""
    statement = select(HistoryEntry).where(
        HistoryEntry.installation_id == contact.installation_id,
        HistoryEntry.contact_id == contact.contact_id,
        HistoryEntry.official_account_id == account.id,
        HistoryEntry.event_type.in_(LINKING_EVENTS),
    )
    last = db.session.scalar(statement.order_by(HistoryEntry.id.desc()).limit(1))
    if last is None or last.line_user_id != line_user_id:
        return False
    return last.event_type == "unlinked" and last.source != GONE


def _erase_values(installation_id: int, contact_ids: list[int]) -> None:
    statement = select(HistoryEntry).where(
        HistoryEntry.installation_id == installation_id,
        HistoryEntry.contact_id.in_(contact_ids),
    )
    for entry in db.session.scalars(statement):
        entry.before = {
            key: value for key, value in entry.before.items() if key not in PROPERTY_VALUES
        }
        # A refused value may be somebody's LINE User ID on another account.
        if entry.event_type == "refused":
            entry.line_user_id = ""


def _free_friend_of(entry: HistoryEntry) -> Friend | None:
    friend = Friend.of_account(entry.official_account_id, entry.line_user_id)
    return None if friend is None or friend.linkage is not None else friend


def ended_by_deletion(contact: Contact) -> list[HistoryEntry]:
    """Return the contact's last history entry of each account that its deletion wrote."""
    statement = select(HistoryEntry).where(
        HistoryEntry.installation_id == contact.installation_id,
        HistoryEntry.contact_id == contact.contact_id,
        HistoryEntry.event_type.in_((*LINKING_EVENTS, "erased")),
    )
    newest: dict[int, HistoryEntry] = {}
    for entry in db.session.scalars(statement.order_by(HistoryEntry.id)):
        newest[entry.official_account_id] = entry
    return [
        entry
        for entry in newest.values()
        if entry.event_type == "unlinked" and entry.source == GONE
    ]
