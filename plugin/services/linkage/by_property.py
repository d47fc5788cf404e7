"""Link by a property's value: by what it shows, what we may have written, and the linkage. A value
that is neither ours nor the linkage's was set by a person, a workflow or a file."""

from typing import Literal, NamedTuple

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.linkage import looks_like_user_id
from plugin.gateways import ContactRecord
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.conflict import KEPT, Conflict
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.services.contacts.id_properties import user_id_property, value_of
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.friends.verify import VerifiedUser, upsert_verified
from plugin.services.linkage.history import EntryIds, LinkCause, LinkRequest, record_ids
from plugin.services.linkage.link import link, unlink

ACTOR = "hubspot:property"
PropertyOutcome = Literal["", "rewritten", "linked", "unlinked", "conflict", "refused", "later"]


class PropertyValue(NamedTuple):
    """`name`: HubSpot's internal name of the property."""

    account: OfficialAccount
    name: str
    value: str
    verified: VerifiedUser


def resolve_own(
    contact: Contact, linkage: Linkage | None, shown: PropertyValue, *, values_lost: bool = False
) -> PropertyOutcome:
    """Reconcile the account's own property inside the caller's transaction; "": no change.
    `values_lost`: so many are empty at once that they were lost rather than cleared."""
    account_id, shows = shown.account.id, shown.value
    if shows == (linkage.friend.line_user_id if linkage else ""):
        contact.note_shown(account_id, shows)
        return ""
    if shows in contact.may_show(account_id):
        return _recheck(contact, linkage, shown)
    if shown.verified == "deferred" and shows:
        return "later"
    contact.note_shown(account_id, shows)
    if shows:
        return link_value(contact, linkage, shown)
    if values_lost or linkage is None:
        mark_for_push(contact)
        return "rewritten"
    unlink(linkage, ACTOR, "property", shown.name)
    return "unlinked"


def link_value(contact: Contact, linkage: Linkage | None, shown: PropertyValue) -> PropertyOutcome:
    """Link the friend that the property names, if they are verified and both are free."""
    known = shown.verified != "not_found" and looks_like_user_id(shown.value)
    if not known:
        _record_refused(contact, shown)
        outcome: PropertyOutcome = "refused"
    else:
        friend = upsert_verified(shown.account, shown.value, shown.verified)
        request = LinkRequest(friend, contact, "property", ACTOR, shown.name)
        decision = link(request).decision
        outcome = "linked" if decision == "link" else "conflict"
        if outcome == "conflict" and _was_declined(request):
            clear_declined(request)
    if linkage is not None:
        # The linkage stands, so HubSpot shows it again; the other value is in the history.
        mark_for_push(contact)
    return outcome


def clear_declined(request: LinkRequest) -> None:
    """Stop HubSpot from showing the friend of a link request that a person has declined."""
    account_id, value = request.friend.official_account_id, request.friend.line_user_id
    if value in request.contact.may_show(account_id):
        request.contact.note_shown(account_id, value, "")
        mark_for_push(request.contact)


def _was_declined(request: LinkRequest) -> bool:
    statement = select(Conflict.id).where(
        Conflict.friend_id == request.friend.id,
        Conflict.contact_row_id == request.contact.id,
        Conflict.verdict == KEPT,
    )
    return db.session.scalar(statement) is not None


def _recheck(contact: Contact, linkage: Linkage | None, shown: PropertyValue) -> PropertyOutcome:
    # A value of ours that is not the linkage's: the push is pending or was refused.
    if contact.push_pending:
        return ""
    several = len(contact.may_show(shown.account.id)) > 1
    # No push is pending, so HubSpot holds the value that was read.
    contact.note_shown(shown.account.id, shown.value)
    if linkage is not None or several:
        mark_for_push(contact)
        return "rewritten"
    if shown.value and shown.verified == "known":
        # Left as its author wrote it; the friend may be known, or free, by now.
        return link_value(contact, None, shown)
    return ""


def _record_refused(contact: Contact, shown: PropertyValue) -> None:
    form = looks_like_user_id(shown.value)
    before = {"reason": "unknown_friend" if form else "invalid_id"}
    ids = EntryIds(contact.installation_id, shown.account.id, shown.value[:80], contact.contact_id)
    record_ids("refused", ids, LinkCause("property", ACTOR, shown.name), utcnow(), before)


def existing_value(
    account: OfficialAccount, contact: Contact, record: ContactRecord, line_user_id: str
) -> None:
    """Reconcile the property before the contact is linked, inside the caller's transaction;
    `record` was read with the account's own property."""
    name = user_id_property(account)
    seen = str(account.id) in (contact.shown or {})
    if seen or name not in record.properties or Linkage.of_contact(account.id, contact.id):
        # The reconciliation compares values that we have seen or written.
        return
    value = value_of(record, name)
    if value == line_user_id:
        contact.note_shown(account.id, value)
    elif value:
        known = Friend.of_account(account.id, value) is not None
        shown = PropertyValue(account, name, value, "known" if known else "not_found")
        resolve_own(contact, None, shown)
