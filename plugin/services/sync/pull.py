"""Pulls contacts whose LINE User ID property changed in HubSpot.

A webhook only reports a change; HubSpot's value at the time of reading counts. So repeated, late
and unordered events, and echoes of our own writes, have the same result.
"""

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord, GatewayError, PropertyFault
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.connections.property_trouble import MISSING, UNFIT, PropertyTrouble
from plugin.models.people.contact import Contact
from plugin.models.people.linkage import Linkage
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.id_properties import id_properties_of, property_names
from plugin.services.contacts.property_troubles import note_faults
from plugin.services.contacts.records import lock_contacts
from plugin.services.friends.verify import verify_user_ids
from plugin.services.sync.differences import (
    Snapshot,
    reconcile_contact,
    seem_cleared,
    values_lost,
)
from plugin.services.sync.merges import merge_contacts
from plugin.services.sync.push import LINE_FACTS

BATCH = 100
UNREAD = "HubSpot left contacts out of its answer without calling them missing"
MERGED = "hs_merged_object_ids"
NAMES = ("email", "firstname", "lastname", MERGED)


def check_contacts(deps: Dependencies, installation_id: int) -> bool:
    """Pull a batch of changed contacts; return True if more are pending. Raise `GatewayError`."""
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return False
    contacts = Contact.list_pull_pending(installation_id, BATCH)
    if contacts and "unread" in compare(deps, installation_id, contacts):
        # They stay pending.
        raise GatewayError(UNREAD, permanent=False, reason="unavailable")
    return bool(Contact.list_pull_pending(installation_id, 1))


def compare(
    deps: Dependencies,
    installation_id: int,
    contacts: Sequence[Contact],
    note: Callable[[list[str]], object] | None = None,
) -> list[str]:
    """Read the contacts in HubSpot and reconcile them; return one outcome or more for each.

    `note` gets the outcomes inside the transaction; with it, many values that are empty at once
    count as lost. Outcomes: same, rewritten, linked, unlinked, conflict, refused, gone, merged,
    later, unread. Raise `GatewayError`, with nothing changed.
    """
    seen = {contact.id: (contact.pushed_version, contact.pull_version) for contact in contacts}
    id_properties = id_properties_of(installation_id)
    names = (*NAMES, *id_properties.names(LINE_FACTS))
    access, asked_at = portal_access(deps, installation_id), utcnow()
    ids = [str(contact.contact_id) for contact in contacts]
    batch = deps.gateways.hubspot.read_contacts(access, ids, names)
    records = batch.records
    pairs = [pair for record in records for pair in id_properties.values(record)]
    snapshot = Snapshot(
        asked_at,
        {record.contact_id: record for record in records},
        id_properties,
        verify_user_ids(deps, pairs),
        _linkages(list(seen)),
        # Left out, but not called missing: such a contact stays as it is.
        set(map(int, batch.errors)),
    )
    snapshot = _check_properties(deps, installation_id, contacts, snapshot)
    with transaction():
        _follow_merges(installation_id, records)
        rows = lock_contacts(list(seen))
        snapshot = snapshot._replace(linkages=_linkages(list(seen)))
        snapshot = snapshot._replace(doubt=note is not None and values_lost(rows, snapshot))
        outcomes = [outcome for row in rows for outcome in _reconcile(row, seen[row.id], snapshot)]
        if "later" in outcomes:
            enqueue("check_contacts", installation_id, installation_id)
        if note is not None:
            note(outcomes)
    return outcomes


def _linkages(contact_row_ids: list[int]) -> dict[tuple[int, int], Linkage]:
    linkages = Linkage.of_contacts(contact_row_ids)
    return {(linkage.contact_row_id, linkage.official_account_id): linkage for linkage in linkages}


def _check_properties(
    deps: Dependencies, installation_id: int, contacts: Sequence[Contact], snapshot: Snapshot
) -> Snapshot:
    """Where a value seems cleared, check that the property still exists."""
    troubles = PropertyTrouble.list_owned(installation_id)
    unusable = {trouble.name for trouble in troubles}
    lost = {trouble.name for trouble in troubles if trouble.reason in (MISSING, UNFIT)}
    if seem_cleared(contacts, snapshot):
        # One press deletes a property in HubSpot, and is no request to unlink everybody.
        access = portal_access(deps, installation_id)
        existing = deps.gateways.hubspot.property_names(access)
        missing = set(property_names(installation_id).values()) - existing
        faults = [PropertyFault(name, "missing", "") for name in sorted(missing)]
        with transaction():
            note_faults(installation_id, {0: faults})
        lost = (lost - existing) | missing
    return snapshot._replace(unusable=unusable | lost, lost=lost)


def _reconcile(contact: Contact, seen: tuple[int, int], snapshot: Snapshot) -> list[str]:
    # What was read is worthless if a write of ours ended meanwhile.
    if contact.pushed_version != seen[0]:
        contact.mark_for_pull()
        return ["later"]
    outcomes = reconcile_contact(contact, snapshot)
    if "later" in outcomes:
        contact.mark_for_pull()
    elif contact.pull_version == seen[1] and "unread" not in outcomes:
        contact.pull_pending = False
    return outcomes or ["same"]


def _follow_merges(installation_id: int, records: Iterable[ContactRecord]) -> None:
    """Follow merges without an event: HubSpot lists on a contact what was merged into it."""
    merge_targets = {
        int(merged_id): record.contact_id
        for record in records
        for merged_id in (record.properties.get(MERGED) or "").split(";")
        if merged_id.strip().isdecimal()
    }
    statement = select(Contact.contact_id).where(
        Contact.installation_id == installation_id,
        Contact.contact_id.in_(merge_targets),
        Contact.merged_into_id.is_(None),
    )
    for merged_id in db.session.scalars(statement).all() if merge_targets else []:
        merge_target = Contact.of_portal(installation_id, merge_targets[merged_id])
        # After a later merge that we know, the target may lead back here; that is no merge.
        if merge_targets[merged_id] != merged_id and (
            merge_target is None or merge_target.contact_id != merged_id
        ):
            merge_contacts(installation_id, merge_targets[merged_id], [merged_id])
