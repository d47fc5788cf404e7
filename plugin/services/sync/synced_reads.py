"""Reads contacts' synced properties from HubSpot, and stores them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import bindparam, select, update

from plugin.core.clock import utcnow
from plugin.core.imports import CONTACTS_A_READ
from plugin.core.synced_values import LONGEST, LONGEST_INDEXED, kept
from plugin.gateways import ContactBatch, ContactRecord, GatewayError
from plugin.models.audience.contact_values import ContactValues, Waiting
from plugin.models.audience.property_sync import PropertySync
from plugin.models.audience.synced_list import SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.audience.value_indexes import LONG_FIELDS, existing_indexes, holds_whole_text
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.people.contact import Contact
from plugin.models.system.job import enqueue
from plugin.models.transaction import failures, in_parallel, transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.lookup import SHOWN
from plugin.services.contacts.records import lock_contacts
from plugin.services.sync.list_members import store_lists
from plugin.services.sync.pull import UNREAD as LEFT_OUT
from plugin.services.sync.synced_definitions import (
    ABOUT_THE_PROPERTY,
    check_definitions,
    note_refused,
)

MODIFIED = "lastmodifieddate"
Values = dict[str, str]


def read_round(deps: Dependencies, installation: Installation, waiting: Sequence[Waiting]) -> None:
    """Read up to four hundred contacts with a few calls at once, and store all. Raise
    `GatewayError`."""
    asked_at = utcnow()
    names = list(SyncedProperty.readable(installation.id))
    new = [row for row in waiting if row.is_new] if SyncedList.list_owned(installation.id) else []
    access, hubspot = portal_access(deps, installation.id), deps.gateways.hubspot
    reads = [
        partial(hubspot.read_contacts, access, [str(row.contact_id) for row in rows], names)
        for rows in batches(waiting)
        if names
    ]
    lookups = [
        partial(hubspot.lists_of_contacts, access, [row.contact_id for row in rows])
        for rows in batches(new)
    ]
    calls: list[Callable[[], Any]] = [*reads, *lookups]
    futures = in_parallel("hubspot", calls)
    try:
        _raise_worst(failures(futures))
    except GatewayError as error:
        about = error.permanent and error.reason in ABOUT_THE_PROPERTY
        if not about or not note_refused(deps, installation.id, names, waiting[0].contact_id):
            raise
        # The next round asks without the refused one.
        return
    results = [future.result() for future in futures]
    answers: list[ContactBatch] = results[: len(reads)]
    records = [record for answer in answers for record in answer.records]
    if _seem_lost(waiting, names, records):
        # One press archives a property in HubSpot, and is no request to forget all its values.
        check_definitions(deps, installation)
    left_out = {int(key) for answer in answers for key in answer.errors}
    read = [row for row in waiting if row.contact_id not in left_out]
    lists = {row: found for result in results[len(reads) :] for row, found in result.items()}
    with transaction():
        sync = PropertySync.held(installation.id)
        store_records(installation.id, records, names)
        store_lists(installation.id, {row.contact_id: row.row_id for row in new}, lists, asked_at)
        _mark_missing(installation.id, answers)
        _mark_read(read, asked_at)
        sync.read += len(read) if sync.pass_started_at is not None else 0
    if left_out:
        raise GatewayError(LEFT_OUT, permanent=False, reason="unavailable")


def batches(waiting: Sequence[Waiting]) -> list[Sequence[Waiting]]:
    starts = range(0, len(waiting), CONTACTS_A_READ)
    return [waiting[start : start + CONTACTS_A_READ] for start in starts]


def _raise_worst(errors: Sequence[BaseException]) -> None:
    if errors:
        # A permanent refusal counts more than a temporary one.
        raise max(errors, key=lambda error: getattr(error, "permanent", True))


def store_records(
    installation_id: int,
    records: Sequence[ContactRecord],
    names: Sequence[str],
    newer_than: timedelta | None = None,
) -> None:
    """Store the values of those that are linked, under the held `PropertySync`. `newer_than`: only
    of contacts that changed since their own read, give or take this."""
    chosen = SyncedProperty.readable(installation_id)
    by_id = {record.contact_id: record.properties for record in records}
    _update_names(installation_id, by_id)
    stored = _rows_of(installation_id, list(by_id))
    longest = _longest(chosen)
    changes: list[dict[str, Any]] = []
    for row_id, contact_id, values, read_at in stored:
        properties = by_id[contact_id]
        if newer_than is not None and not _is_newer(properties, read_at - newer_than):
            continue
        fresh = {
            name: kept(text, longest[name])
            for name in names
            if name in chosen and (text := properties.get(name) or "")
        }
        # What HubSpot was not asked for stays: a property that is archived there, for one.
        rest = {name: text for name, text in values.items() if name not in names}
        unusable = {n: t for n, t in values.items() if n in names and n not in chosen}
        if (merged := rest | unusable | fresh) != values:
            changes.append({"row": row_id, "new": merged})
            _count(chosen, values, merged)
    if changes:
        # Without `id`s in the values, SQLAlchemy would take this for a bulk update by primary key.
        table = ContactValues.__table__
        statement = update(table).where(table.c.contact_row_id == bindparam("row"))  # type: ignore[arg-type]
        db.session.connection().execute(statement.values(values=bindparam("new")), changes)


def _rows_of(
    installation_id: int, contact_ids: list[int]
) -> list[tuple[int, int, Values, datetime]]:
    statement = select(
        Contact.id, Contact.contact_id, ContactValues.values, ContactValues.read_at
    ).join(ContactValues)
    statement = statement.where(
        Contact.installation_id == installation_id, Contact.contact_id.in_(contact_ids)
    )
    held = statement.order_by(Contact.id).with_for_update(of=ContactValues)
    return list(db.session.execute(held).tuples()) if contact_ids else []


def _longest(chosen: Mapping[str, SyncedProperty]) -> dict[str, int]:
    indexed = existing_indexes()
    return {
        name: LONGEST
        if _may_be_long(row) and not holds_whole_text(name, indexed)
        else LONGEST_INDEXED
        for name, row in chosen.items()
    }


def _may_be_long(row: SyncedProperty) -> bool:
    return row.field_type in LONG_FIELDS or row.field_type == "checkbox"


def _is_newer(properties: Mapping[str, str | None], moment: datetime) -> bool:
    try:
        return datetime.fromisoformat(properties.get(MODIFIED) or "") > moment
    except (ValueError, TypeError):
        # Without its time a change counts as new.
        return True


def _count(chosen: Mapping[str, SyncedProperty], before: Values, after: Values) -> None:
    change = Counter(after.keys())
    change.subtract(before.keys())
    for name, difference in change.items():
        if difference and name in chosen:
            chosen[name].known += difference


def _update_names(installation_id: int, by_id: Mapping[int, Mapping[str, str | None]]) -> None:
    """Keep the names that Musubi shows in step with those just read."""
    if not all(name in properties for properties in by_id.values() for name in SHOWN):
        return
    outdated = [
        contact.id
        for contact in Contact.of_portal_many(installation_id, by_id).values()
        if contact.contact_id in by_id and _shown(contact) != _read(by_id[contact.contact_id])
    ]
    for contact in lock_contacts(outdated) if outdated else []:
        contact.update_from(dict(by_id[contact.contact_id]), utcnow())


def _shown(contact: Contact) -> tuple[str, ...]:
    return contact.email, contact.firstname, contact.lastname


def _read(properties: Mapping[str, str | None]) -> tuple[str, ...]:
    email, first, last = (properties.get(name) or "" for name in SHOWN)
    return email[:320], first[:255], last[:255]


def _seem_lost(
    waiting: Sequence[Waiting], names: Sequence[str], records: Iterable[ContactRecord]
) -> bool:
    """Tell whether a property has no value any more that some of the contacts had."""
    read = {name for record in records for name in names if record.properties.get(name)}
    rows = [row.row_id for row in waiting]
    statement = select(ContactValues.values).where(ContactValues.contact_row_id.in_(rows))
    had = {name for values in db.session.scalars(statement) for name in values}
    return bool((had & set(names)) - read)


def _mark_missing(installation_id: int, answers: Iterable[ContactBatch]) -> None:
    missing = [int(key) for answer in answers for key in answer.missing if key.isdecimal()]
    left_out = {int(key) for answer in answers for key in answer.errors}
    gone = [contact_id for contact_id in missing if contact_id not in left_out]
    for contact in Contact.of_portal_many(installation_id, gone).values():
        # Deleted, or merged into another: that read tells which.
        contact.mark_for_pull()
    if gone:
        enqueue("check_contacts", installation_id, installation_id)


def _mark_read(read: Sequence[Waiting], asked_at: datetime) -> None:
    seen = {row.row_id: row.read_at for row in read}
    held = select(ContactValues.contact_row_id, ContactValues.read_at).where(
        ContactValues.contact_row_id.in_(seen)
    )
    ordered = held.order_by(ContactValues.contact_row_id).with_for_update()
    rows = db.session.execute(ordered).tuples().all()
    # A webhook that came during the read has marked its contact anew.
    row_ids = [row_id for row_id, read_at in rows if read_at == seen[row_id]]
    statement = update(ContactValues).where(ContactValues.contact_row_id.in_(row_ids))
    options = {"synchronize_session": False}
    db.session.execute(statement.values(read_at=asked_at), execution_options=options)
