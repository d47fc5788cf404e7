"""The linkage history; every history entry is created here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, Select, literal
from sqlalchemy.orm import InstrumentedAttribute

from plugin.core.linkage import Method
from plugin.models.base import UTCDateTime, db
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.sql import insert_rows
from plugin.services.outgoing.facts import linkage_changed

# The source of an unlinking by a contact's deletion: the link may come back with the contact.
GONE = "deletion"
# Columns of entries that an INSERT ... SELECT fills, by the database's names.
EntryColumns = dict[str, ColumnElement[Any] | InstrumentedAttribute[Any]]


class LinkRequest(NamedTuple):
    """`actor`: the friend, a member's e-mail, an API key or a job."""

    friend: Friend
    contact: Contact
    method: Method
    actor: str
    source: str = ""


class LinkCause(NamedTuple):
    method: Method
    actor: str
    source: str


class EntryIds(NamedTuple):
    """The friend and the contact of an entry, by the ids of LINE and HubSpot."""

    installation_id: int
    official_account_id: int
    line_user_id: str
    contact_id: int


def record(
    event_type: str,
    request: LinkRequest,
    now: datetime,
    before: dict[str, Any] | None = None,
    undoes: HistoryEntry | None = None,
) -> None:
    """Add an entry, inside the caller's transaction, and tell whoever listens. `before`: the
    earlier state, no LINE ids."""
    friend, contact = request.friend, request.contact
    ids = EntryIds(
        contact.installation_id,
        friend.official_account_id,
        friend.line_user_id,
        contact.contact_id,
    )
    cause = LinkCause(request.method, request.actor, request.source)
    record_ids(event_type, ids, cause, now, before, undoes)
    linkage_changed(friend, event_type, contact.contact_id, request.method, before or {}, now)


def record_ids(
    event_type: str,
    ids: EntryIds,
    cause: LinkCause,
    now: datetime,
    before: dict[str, Any] | None = None,
    undoes: HistoryEntry | None = None,
) -> None:
    """`record` where the value is no known friend's LINE User ID."""
    undoes_id = undoes.id if undoes else None
    facts = {**ids._asdict(), **cause._asdict(), "before": before or {}, "undoes_id": undoes_id}
    db.session.add(HistoryEntry(event_type=event_type, at=now, **facts))


def record_many(
    event_type: str,
    entries: Iterable[tuple[EntryIds, dict[str, Any]]],
    cause: LinkCause,
    now: datetime,
) -> None:
    """Add at least one entry with one statement. `entries`: ids and `before`."""
    shared = {"at": now, "deed": event_type, **cause._asdict()}
    rows = [{**ids._asdict(), **shared, "before": before} for ids, before in entries]
    db.session.execute(insert_rows(HistoryEntry), rows)


def entry_columns(
    event_type: str, installation_id: int, account_id: int, cause: LinkCause, now: datetime
) -> EntryColumns:
    """Return the values of entries, to select from friends and contacts."""
    return {
        "installation_id": literal(installation_id),
        "official_account_id": literal(account_id),
        "at": literal(now, UTCDateTime),
        "deed": literal(event_type),
        "method": literal(cause.method),
        "actor": literal(cause.actor),
        "source": literal(cause.source),
        "line_user_id": Friend.line_user_id,
        "contact_id": Contact.contact_id,
        "before": literal({}, JSON),
    }


def record_selected(columns: EntryColumns, rows: Select[Any]) -> None:
    """Add an entry for each of `rows`, which select the values of `columns` in order."""
    db.session.execute(insert_rows(HistoryEntry).from_select([*columns], rows))
