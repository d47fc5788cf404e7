"""Stores what was read of a list's members: a handful of statements per hundred."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from plugin.core.imports import Reading, read_value
from plugin.core.linkage import looks_like_user_id
from plugin.gateways import ContactRecord
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.imports.import_member import ImportMember, Known
from plugin.models.imports.import_run import EMPTY, INVALID_ID, ImportRun
from plugin.models.imports.list_import import ListImport
from plugin.models.people.contact import Contact
from plugin.models.people.linkage import Linkage
from plugin.models.sql import analyze_grown, upsert
from plugin.models.transaction import affected
from plugin.services.contacts.id_properties import user_id_property, value_of
from plugin.services.linkage.by_property import PropertyValue, resolve_own

# Outcomes of a value without exactly one id; a valid id waits for a decision.
IMMEDIATE_OUTCOMES: dict[Reading, str] = {
    "empty": EMPTY,
    "invalid_id": INVALID_ID,
    "several_ids": "several_ids",
}
MEMBER = upsert(
    ImportMember,
    (
        "list_import_id",
        "contact_id",
        "run_id",
        "value",
        "line_user_id",
        "outcome",
        "other",
        "pending",
    ),
    keys=("list_import_id", "contact_id"),
    taken=("run_id", "value", "line_user_id", "outcome", "other", "pending"),
)
CONTACT = upsert(
    Contact,
    ("installation_id", "contact_id", "email", "firstname", "lastname", "read_at"),
    keys=("installation_id", "contact_id"),
    taken=("email", "firstname", "lastname", "read_at"),
)


def store_records(
    list_import: ListImport, run: ImportRun, records: Sequence[ContactRecord], asked_at: datetime
) -> None:
    """Store and count contacts as HubSpot returned them at `asked_at`; call it inside `batch`."""
    if not records:
        return
    known = ImportMember.of_contacts(list_import.id, [record.contact_id for record in records])
    own_values = _foreign_values(list_import, records)
    rows = [_member(list_import, run, record, known, own_values) for record in records]
    _count(run, rows)
    _reopen_shared(list_import, known, rows)
    db.session.execute(MEMBER, rows)
    with_id = {row["contact_id"] for row in rows if row["pending"]}
    linkable = [record for record in records if record.contact_id in with_id]
    _store_contacts(list_import.installation_id, linkable, asked_at)
    conflicting = {row["contact_id"]: row["other"] for row in rows if row["other"]}
    _record_conflicting(list_import.official_account, conflicting)
    analyze_grown(Contact, ImportMember)


def delete_members(list_import: ListImport, run: ImportRun, contact_ids: list[int]) -> None:
    """Delete members whose contact HubSpot no longer has; call it inside `batch`."""
    run.deleted += len(contact_ids)
    deleted = ImportMember.contact_id.in_(contact_ids)
    statement = delete(ImportMember).where(ImportMember.list_import_id == list_import.id, deleted)
    db.session.execute(statement.execution_options(synchronize_session=False))


def unknown_members(
    list_import: ListImport, run: ImportRun, contact_ids: Sequence[int]
) -> list[int]:
    """Return the ids that this run has neither read nor queued for reading."""
    statement = select(ImportMember.contact_id).where(
        ImportMember.list_import_id == list_import.id,
        ImportMember.contact_id.in_(contact_ids),
        ImportMember.run_id == run.id,
    )
    seen = {*db.session.scalars(statement), *run.pending}
    return [contact_id for contact_id in dict.fromkeys(contact_ids) if contact_id not in seen]


def _foreign_values(list_import: ListImport, records: Sequence[ContactRecord]) -> dict[int, str]:
    """By contact: a value in the account's own property that Musubi did not write.

    An import from another property would overwrite it. Of two ids only a person knows which is
    right; any other value goes into the history, so that an undo can restore it.
    """
    name = user_id_property(list_import.official_account)
    if name == list_import.property_name:
        return {}
    own = {record.contact_id: value_of(record, name).replace("\0", "") for record in records}
    ids = {record.contact_id: value_of(record, list_import.property_name) for record in records}
    other = {key: value for key, value in own.items() if value not in ("", ids[key])}
    known = Contact.of_portal_many(list_import.installation_id, other)
    for contact_id, contact in known.items():
        if other[contact_id] in contact.may_show(list_import.official_account_id):
            del other[contact_id]
    return other


def _member(
    list_import: ListImport,
    run: ImportRun,
    record: ContactRecord,
    known: Mapping[int, Known],
    own_values: Mapping[int, str],
) -> dict[str, Any]:
    previous, other = known.get(record.contact_id), own_values.get(record.contact_id, "")
    text = value_of(record, list_import.property_name).replace("\0", "")
    all_ids = f"{text}; {other}" if text and looks_like_user_id(other) else text
    reading, line_user_id = read_value(all_ids)
    text = all_ids if reading == "several_ids" else text
    same = previous is not None and previous.line_user_id == line_user_id
    return {
        "list_import_id": list_import.id,
        "contact_id": record.contact_id,
        "run_id": run.id,
        "value": text[:255],
        "line_user_id": line_user_id,
        # An unchanged value keeps its last outcome, for the decision to look at.
        "outcome": IMMEDIATE_OUTCOMES.get(
            reading, previous.outcome if previous is not None and same else ""
        ),
        # Such a member is linked by itself, and the history entry holds the value it replaces.
        "other": other[:80] if reading == "id" else "",
        "pending": reading == "id",
    }


def _count(run: ImportRun, rows: list[dict[str, Any]]) -> None:
    run.read += len(rows)
    for row in rows:
        run.empty += row["outcome"] == EMPTY
        run.invalid_id += row["outcome"] == INVALID_ID
        run.conflict += row["outcome"] == "several_ids"


def _reopen_shared(
    list_import: ListImport, known: Mapping[int, Known], rows: list[dict[str, Any]]
) -> None:
    current_ids = {row["contact_id"]: row["line_user_id"] for row in rows}
    released = {
        member.line_user_id
        for contact_id, member in known.items()
        if member.outcome == "shared_id" and member.line_user_id != current_ids[contact_id]
    }
    # A contact that shared its id may have it alone now.
    if released:
        statement = update(ImportMember).where(
            ImportMember.list_import_id == list_import.id, ImportMember.line_user_id.in_(released)
        )
        affected(statement.values(pending=True).execution_options(synchronize_session=False))


def _store_contacts(installation_id: int, records: list[ContactRecord], asked_at: datetime) -> None:
    if not records:
        return
    rows = [
        {
            "installation_id": installation_id,
            "contact_id": record.contact_id,
            "email": _text(record, "email", 320),
            "firstname": _text(record, "firstname", 255),
            "lastname": _text(record, "lastname", 255),
            "read_at": asked_at,
        }
        for record in records
    ]
    db.session.execute(CONTACT, rows)
    # A contact that HubSpot returns after its deletion was restored.
    restored = update(Contact).where(
        Contact.installation_id == installation_id,
        Contact.contact_id.in_([record.contact_id for record in records]),
        Contact.deleted_at < asked_at,
    )
    affected(restored.values(deleted_at=None).execution_options(synchronize_session=False))


def _record_conflicting(account: OfficialAccount, values: Mapping[int, str]) -> None:
    contacts = Contact.of_portal_many(account.installation_id, values)
    linkages = {
        linkage.contact_row_id: linkage
        for linkage in Linkage.of_contacts(contact.id for contact in contacts.values())
        if linkage.official_account_id == account.id
    }
    for contact_id, contact in contacts.items():
        property_value = PropertyValue(
            account, user_id_property(account), values[contact_id], "not_found"
        )
        resolve_own(contact, linkages.get(contact.id), property_value)


def _text(record: ContactRecord, name: str, longest: int) -> str:
    return (record.properties.get(name) or "").replace("\0", "")[:longest]
