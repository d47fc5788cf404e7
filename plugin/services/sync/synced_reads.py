"""Reads contacts' synced properties from HubSpot, and stores them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update

from plugin.core.clock import utcnow
from plugin.core.imports import CONTACTS_A_READ
from plugin.core.synced_values import LONGEST, LONGEST_INDEXED, kept
from plugin.gateways import (
    ContactBatch,
    ContactRecord,
    GatewayError,
    HubSpotGateway,
    ListsOfContacts,
    Portal,
)
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


class Read(NamedTuple):
    """What HubSpot answered about up to a hundred contacts. `lists`: of new contacts only."""

    waiting: Sequence[Waiting]
    values: ContactBatch
    lists: ListsOfContacts

    @property
    def done(self) -> list[Waiting]:
        left_out = {int(key) for key in self.values.errors}
        return [row for row in self.waiting if row.contact_id not in left_out]


def read_round(deps: Dependencies, installation: Installation, waiting: Sequence[Waiting]) -> None:
    """Read up to four hundred contacts with a few calls at once, and store what came. Raise
    `GatewayError`."""
    asked_at, access = utcnow(), portal_access(deps, installation.id)
    names = list(SyncedProperty.readable(installation.id))
    with_lists = bool(SyncedList.list_owned(installation.id))
    hubspot = deps.gateways.hubspot
    starts = range(0, len(waiting), CONTACTS_A_READ)
    parts = [waiting[start : start + CONTACTS_A_READ] for start in starts]
    calls = [partial(_read_part, hubspot, access, names, with_lists, rows) for rows in parts]
    futures = in_parallel("hubspot", calls)
    reads = [future.result() for future in futures if not future.exception()]
    if reads and _seem_lost(reads, names):
        # One press archives a property in HubSpot, and is no request to forget all its values.
        check_definitions(deps, installation)
    if reads:
        with transaction():
            _store(installation.id, reads, names, asked_at)
    _raise_worst(deps, installation.id, names, waiting, failures(futures))
    if any(read.values.errors for read in reads):
        raise GatewayError(LEFT_OUT, permanent=False, reason="unavailable")


def _read_part(
    hubspot: HubSpotGateway,
    access: Portal,
    names: Sequence[str],
    with_lists: bool,
    rows: Sequence[Waiting],
) -> Read:
    ids = [str(row.contact_id) for row in rows]
    values = hubspot.read_contacts(access, ids, names) if names else ContactBatch(())
    new = [row.contact_id for row in rows if row.is_new and with_lists]
    return Read(rows, values, hubspot.lists_of_contacts(access, new) if new else {})


def _store(
    installation_id: int, reads: Sequence[Read], names: Sequence[str], asked_at: datetime
) -> None:
    sync = PropertySync.held(installation_id)
    store_records(installation_id, [row for read in reads for row in read.values.records], names)
    rows = {row.contact_id: row.row_id for read in reads for row in read.waiting}
    lists = {contact_id: ids for read in reads for contact_id, ids in read.lists.items()}
    store_lists(installation_id, rows, lists, asked_at)
    _mark_missing(installation_id, [read.values for read in reads])
    done = [row for read in reads for row in read.done]
    _mark_read(done, asked_at)
    sync.read += len(done) if sync.pass_started_at is not None else 0


def _raise_worst(
    deps: Dependencies,
    installation_id: int,
    names: Sequence[str],
    waiting: Sequence[Waiting],
    errors: Sequence[BaseException],
) -> None:
    """Raise what made a call fail, except where HubSpot refuses properties: the next round asks
    without them."""
    if not errors:
        return
    # A permanent refusal counts more than a temporary one.
    error = max(errors, key=lambda each: getattr(each, "permanent", True))
    is_refusal = isinstance(error, GatewayError) and error.permanent
    about = is_refusal and getattr(error, "reason", "") in ABOUT_THE_PROPERTY
    if not about or not note_refused(deps, installation_id, names, waiting[0].contact_id):
        raise error


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


def _seem_lost(reads: Sequence[Read], names: Sequence[str]) -> bool:
    """Tell whether a property has no value any more that some of the contacts had."""
    records = [record for read in reads for record in read.values.records]
    found = {name for record in records for name in names if record.properties.get(name)}
    rows = [row.row_id for read in reads for row in read.waiting]
    statement = select(ContactValues.values).where(ContactValues.contact_row_id.in_(rows))
    had = {name for values in db.session.scalars(statement) for name in values}
    return bool((had & set(names)) - found)


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
