"""Contact properties that HubSpot does not let Musubi write: stored, shown, retried."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import delete, select, update

from plugin.core.clock import utcnow
from plugin.gateways import PropertyFault
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import MISSING, REFUSED, PropertyTrouble
from plugin.models.people.contact import Contact
from plugin.models.sql import insert_or
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction
from plugin.services.contacts.outbox import (
    mark_account_for_push,
    mark_for_push,
    mark_many_for_push,
)


def note_faults(installation_id: int, faults: Mapping[int, Sequence[PropertyFault]]) -> None:
    """Store a write's faults, inside the caller's transaction, and enqueue the creation of missing
    properties. `faults`: by HubSpot's contact id (0: none in particular)."""
    latest = {fault.name: (contact, fault) for contact, of in faults.items() for fault in of}
    new = [
        fault
        for name, (contact, fault) in sorted(latest.items())
        if _store_fault(installation_id, fault, contact)
    ]
    # Once only: while its trouble is stored, a property is neither created again nor written to.
    if any(fault.kind == MISSING for fault in new):
        enqueue("ensure_properties", installation_id, installation_id)


def replace_structural(
    installation_id: int, names: Collection[str], faults: Iterable[PropertyFault]
) -> set[str]:
    """Replace the stored troubles of the properties `names` by `faults`, inside the caller's
    transaction; return the names that are writable again."""
    faults_by_name = {fault.name: fault for fault in faults}
    for fault in faults_by_name.values():
        _store_fault(installation_id, fault, 0)
    statement = delete(PropertyTrouble).where(
        PropertyTrouble.installation_id == installation_id,
        PropertyTrouble.reason != REFUSED,
        PropertyTrouble.name.in_([name for name in names if name not in faults_by_name]),
    )
    writable = statement.returning(PropertyTrouble.name, PropertyTrouble.reason)
    rows = db.session.execute(writable, execution_options={"synchronize_session": False})
    # A property that a write called missing but that exists could be rewritten for ever.
    return {name for name, reason in rows if reason != MISSING}


def close_refusals(installation_id: int, written: Mapping[int, Collection[str]]) -> None:
    """Retry all refused contacts of a property once HubSpot accepts the value it had refused.
    `written`: accepted properties by HubSpot's contact id. Inside the caller's transaction."""
    for trouble in PropertyTrouble.list_owned(installation_id):
        if trouble.reason == REFUSED and trouble.name in written.get(trouble.contact_id, ()):
            db.session.delete(trouble)
            mark_refused_for_push(installation_id, trouble.name)


def probe_refusals(installation_id: int) -> None:
    """Write the last refused value again, of one contact per property."""
    for trouble in PropertyTrouble.list_owned(installation_id):
        if trouble.reason != REFUSED:
            continue
        contact = Contact.of_portal(installation_id, trouble.contact_id)
        if contact is None or contact.deleted_at is not None:
            db.session.delete(trouble)
        else:
            mark_for_push(contact)


def retry_properties(installation_id: int) -> None:
    """Check all properties and write all values after a person's fix."""
    statement = delete(PropertyTrouble).where(PropertyTrouble.installation_id == installation_id)
    with transaction():
        affected(statement.execution_options(synchronize_session=False))
        mark_refused_for_push(installation_id, "")
        for account in OfficialAccount.list_owned(installation_id):
            mark_account_for_push(account)
        enqueue("ensure_properties", installation_id, installation_id)


def mark_refused_for_push(installation_id: int, name: str) -> None:
    """Mark the contacts of which HubSpot refused the property `name` (or any)."""
    statement = select(Contact.id).where(
        Contact.installation_id == installation_id, Contact.push_error != ""
    )
    if name:
        statement = statement.where(Contact.push_error.contains(f"{name}: ", autoescape=True))
    mark_many_for_push(installation_id, list(db.session.scalars(statement)))


def _store_fault(installation_id: int, fault: PropertyFault, contact_id: int) -> bool:
    """Store the fault; True where the property had no trouble before."""
    now, words = utcnow(), fault.words[:500]
    existing = update(PropertyTrouble).where(
        PropertyTrouble.installation_id == installation_id, PropertyTrouble.name == fault.name
    )
    values: dict[str, object] = {"reason": fault.kind, "contact_id": contact_id, "seen_at": now}
    # A look at the property has no words of HubSpot's; those of a refused write stay.
    values |= {"words": words} if words else {}
    if affected(existing.values(values).execution_options(synchronize_session=False)):
        return False
    row: dict[str, object] = {
        "installation_id": installation_id,
        "name": fault.name[:120],
        "since": now,
    }
    row |= {"words": words, **values}
    new = insert_or(PropertyTrouble).values(row).on_conflict_do_nothing()
    return db.session.scalar(new.returning(PropertyTrouble.id)) is not None
