"""Follows HubSpot's merges: linkages move to the merge target, and two that meet are a conflict."""

from collections.abc import Iterable
from typing import cast

from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.core.linkage import Method
from plugin.models.base import db
from plugin.models.people.conflict import SETTLED, Conflict
from plugin.models.people.contact import Contact
from plugin.models.people.linkage import Linkage
from plugin.models.system.job import enqueue
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.contacts.records import get_or_create_contact, lock_contacts
from plugin.services.linkage.history import GONE, LinkRequest
from plugin.services.linkage.link import link, move_linkage, unlink
from plugin.services.sync.lifecycle import BY_HUBSPOT, relink

CAUSE = BY_HUBSPOT + "merge"


def merge_contacts(installation_id: int, target_id: int, merged_ids: Iterable[int]) -> None:
    """Move everything of the contacts, primary first, to the target in the caller's transaction.

    A repeat, a late event, or one before an earlier merge does no harm.
    """
    merge_target = get_or_create_contact(installation_id, target_id)
    rows = [
        Contact.by_contact_id(installation_id, merged_id) for merged_id in dict.fromkeys(merged_ids)
    ]
    contacts = [row for row in rows if row is not None and row.id != merge_target.id]
    lock_contacts([merge_target.id, *(contact.id for contact in contacts)])
    # The primary comes first: its values win in HubSpot, and so does its linkage here.
    for contact in contacts:
        if contact.merged_into_id is None:
            _merge(contact, merge_target)
    merge_target.deleted_at = None
    # It may carry a value of either contact, which no other event reports.
    merge_target.mark_for_pull()
    enqueue("check_contacts", installation_id, installation_id)


def _merge(old: Contact, merge_target: Contact) -> None:
    now = utcnow()
    for linkage in Linkage.of_contacts([old.id]):
        _move_linkage(linkage, merge_target)
    if old.deleted_at is not None:
        # The deletion was reported first: the history has its linkages.
        relink(old, merge_target, "merge")
    _move_conflicts(old, merge_target)
    old.deleted_at, old.merged_into_id = old.deleted_at or now, merge_target.id
    old.push_pending = old.pull_pending = False
    mark_for_push(merge_target)


def _move_linkage(linkage: Linkage, merge_target: Contact) -> None:
    method = cast("Method", linkage.method)
    request = LinkRequest(
        linkage.friend, merge_target, method, CAUSE, f"contact:{merge_target.contact_id}"
    )
    if Linkage.of_contact(linkage.official_account_id, merge_target.id) is None:
        move_linkage(linkage, request)
        return
    # Two LINE users meet on one contact; a person decides which is theirs.
    unlink(linkage, CAUSE, "property", GONE)
    link(request)


def _move_conflicts(old: Contact, merge_target: Contact) -> None:
    for account_id, values in (old.shown or {}).items():
        # HubSpot may show the value of either contact now.
        known = merge_target.may_show(int(account_id))
        merge_target.note_shown(int(account_id), *known, *values)
    stood = update(Conflict).where(Conflict.standing_contact_row_id == old.id)
    db.session.execute(stood.values(standing_contact_row_id=merge_target.id))
    for request in db.session.scalars(select(Conflict).where(Conflict.contact_row_id == old.id)):
        _move_conflict(request, merge_target)


def _move_conflict(request: Conflict, merge_target: Contact) -> None:
    twin = select(Conflict.id).where(
        Conflict.friend_id == request.friend_id, Conflict.contact_row_id == merge_target.id
    )
    linkage = Linkage.of_contact(request.official_account_id, merge_target.id)
    # The target may have the same conflict, or the requested linkage, already.
    if db.session.scalar(twin) is None:
        request.contact_row_id = merge_target.id
        is_settled = linkage is not None and linkage.friend_id == request.friend_id
    else:
        is_settled = True
    if is_settled and request.decided_at is None:
        request.decided_at, request.verdict = utcnow(), SETTLED
