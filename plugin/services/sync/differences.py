"""Compares one contact in HubSpot with Musubi's data, and resolves every difference."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.core.linkage import looks_like_user_id
from plugin.gateways import ContactRecord
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.linkage import Linkage
from plugin.services.contacts.id_properties import IdProperties, user_id_property, value_of
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.friends.verify import VerifiedUsers
from plugin.services.linkage.by_property import PropertyValue, link_value, resolve_own
from plugin.services.sync.lifecycle import ended_by_deletion, mark_deleted, restore, was_unlinked
from plugin.services.sync.push import line_facts

# Facts that HubSpot returns as they were written; times come back in another form.
COMPARED = (
    "line_display_name", "line_picture_url", "line_friend_status", "line_link_method", "line_tags",
    "line_last_result",
)  # fmt: skip
# A read may come from before a deletion that HubSpot has just reported.
STILL_SHOWN = timedelta(minutes=10)


class Snapshot(NamedTuple):
    """What was read at `asked_at` for a batch: records by HubSpot id, verified users, linkages.

    `unread`: ids that HubSpot neither returned nor called missing. `doubt`: too many values are
    empty at once to be cleared by people. `unusable`: properties that are missing (`lost`) or
    read-only.
    """

    asked_at: datetime
    records: Mapping[int, ContactRecord]
    id_properties: IdProperties
    verified_users: VerifiedUsers
    linkages: Mapping[tuple[int, int], Linkage]
    unread: Collection[int] = ()
    doubt: bool = False
    unusable: Collection[str] = ()
    lost: Collection[str] = ()


def reconcile_contact(contact: Contact, snapshot: Snapshot) -> list[str]:
    """Reconcile one contact inside the caller's transaction; return an outcome for each action."""
    if contact.merged_into_id is not None:
        return ["merged"]
    record = snapshot.records.get(contact.contact_id)
    if contact.deleted_at is not None:
        return _reconcile_deleted(contact, record, snapshot)
    if record is None and contact.contact_id in snapshot.unread:
        return ["unread"]
    if record is None:
        mark_deleted(contact, "missing")
        return ["gone"]
    contact.update_from(dict(record.properties), utcnow())
    outcomes = [
        _reconcile_account(contact, record, snapshot, account)
        for account in snapshot.id_properties.accounts
    ]
    return [outcome for outcome in outcomes if outcome]


def _reconcile_deleted(
    contact: Contact, record: ContactRecord | None, snapshot: Snapshot
) -> list[str]:
    deleted_at = contact.deleted_at
    if record is None or deleted_at is None or snapshot.asked_at - deleted_at < STILL_SHOWN:
        return []
    # Nothing is read of erased people, nor of contacts whose links did not end by the deletion.
    if not ended_by_deletion(contact):
        return []
    # HubSpot returns it long after the deletion: somebody restored it, and no event came.
    restore(contact, "shown")
    return ["linked"] if Linkage.of_contacts([contact.id]) else []


def seem_cleared(contacts: Sequence[Contact], snapshot: Snapshot) -> bool:
    """Tell whether any linked contact shows nothing where it showed its friend's id."""
    return any(
        _cleared(contact, account, snapshot) for contact, account in _linked(contacts, snapshot)
    )


def values_lost(contacts: Sequence[Contact], snapshot: Snapshot) -> bool:
    """Tell whether over half of the linked contacts show nothing, which no person does at night."""
    linked = _linked(contacts, snapshot)
    cleared = sum(_cleared(contact, account, snapshot) for contact, account in linked)
    return cleared >= 2 and cleared * 2 > len(linked)


def _linked(
    contacts: Sequence[Contact], snapshot: Snapshot
) -> list[tuple[Contact, OfficialAccount]]:
    return [
        (contact, account)
        for contact in contacts
        for account in snapshot.id_properties.accounts
        if contact.contact_id in snapshot.records and (contact.id, account.id) in snapshot.linkages
    ]


def _cleared(contact: Contact, account: OfficialAccount, snapshot: Snapshot) -> bool:
    empty = not value_of(snapshot.records[contact.contact_id], user_id_property(account))
    return empty and "" not in contact.may_show(account.id)


def _reconcile_account(
    contact: Contact, record: ContactRecord, snapshot: Snapshot, account: OfficialAccount
) -> str:
    linkage = snapshot.linkages.get((contact.id, account.id))
    if user_id_property(account) in snapshot.lost:
        # Not cleared by a person: the property is missing, and comes back with its values.
        return ""
    own_value = _property_value(
        snapshot, account, user_id_property(account), value_of(record, user_id_property(account))
    )
    outcome: str = resolve_own(contact, linkage, own_value, values_lost=snapshot.doubt)
    if outcome:
        return outcome
    if linkage is None:
        return "" if own_value.value else _link_imported(contact, record, snapshot, account)
    if not contact.push_pending and _facts_differ(
        linkage, record, account.property_suffix, snapshot.unusable
    ):
        mark_for_push(contact)
        return "rewritten"
    return ""


def _link_imported(
    contact: Contact, record: ContactRecord, snapshot: Snapshot, account: OfficialAccount
) -> str:
    name, value = snapshot.id_properties.from_import(record, account)
    property_value = _property_value(snapshot, account, name, value)
    # The import itself lists invalid values.
    if not contact.pull_pending or not looks_like_user_id(value):
        return ""
    if property_value.verified in ("deferred", "not_found"):
        return "later" if property_value.verified == "deferred" else ""
    return (
        "" if was_unlinked(contact, account, value) else link_value(contact, None, property_value)
    )


def _property_value(
    snapshot: Snapshot, account: OfficialAccount, name: str, value: str
) -> PropertyValue:
    return PropertyValue(
        account, name, value, snapshot.verified_users.get((account.id, value), "not_found")
    )


def _facts_differ(
    linkage: Linkage, record: ContactRecord, suffix: str, unusable: Collection[str]
) -> bool:
    facts = line_facts(linkage)
    return any(
        value_of(record, name + suffix) != facts[name].strip()
        for name in COMPARED
        if name + suffix not in unusable
    )
