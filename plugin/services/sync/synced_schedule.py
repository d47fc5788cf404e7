"""When synced properties and lists are read: by plan, by webhook, or at a person's request."""

from collections.abc import Sequence

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.synced_values import LONGEST, LONGEST_INDEXED, SUGGESTED, kept
from plugin.models.audience.contact_values import ContactValues, mark_stale
from plugin.models.audience.property_sync import PropertySync
from plugin.models.audience.synced_list import REMOVED, RESTING, SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.base import db
from plugin.models.connections.installation import ACTIVE, Installation
from plugin.models.people.contact import Contact
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services.sync.synced_lists import is_due
from plugin.services.sync.synced_values import is_due as values_are_due
from plugin.services.sync.synced_values import restart_pass


def plan_syncs() -> None:
    """Enqueue the looks that are due."""
    now = utcnow()
    active = select(Installation.id).where(Installation.state == ACTIVE)
    syncs = select(PropertySync).where(PropertySync.installation_id.in_(active))
    lists = select(SyncedList).where(
        SyncedList.installation_id.in_(active), SyncedList.state != REMOVED
    )
    due = [row.installation_id for row in db.session.scalars(syncs) if values_are_due(row, now)]
    due_lists = [row for row in db.session.scalars(lists) if is_due(row, now)]
    with transaction():
        for installation_id in due:
            enqueue("sync_contacts", installation_id, installation_id)
        for row in due_lists:
            enqueue("sync_list", row.id, row.installation_id)


def sync_now(installation_id: int, list_row_id: int | None = None) -> None:
    """Read all values anew, or all members of one list."""
    with transaction():
        sync = PropertySync.held(installation_id)
        if list_row_id is None:
            if sync.pass_started_at is None:
                restart_pass(sync)
            sync.checked_at = None
            enqueue("sync_contacts", installation_id, installation_id)
            return
        held = select(SyncedList).where(
            SyncedList.installation_id == installation_id, SyncedList.id == list_row_id
        )
        row = db.session.scalar(held.with_for_update())
        if row is not None and row.state != REMOVED:
            row.phase, row.incomplete, row.looked_at = RESTING, True, None
            enqueue("sync_list", row.id, installation_id)


def is_kept(installation_id: int, names: Sequence[str]) -> set[str]:
    """Return those of the names that webhooks may report and the tenant keeps."""
    suggested = [name for name in names if name in SUGGESTED]
    chosen = SyncedProperty.readable(installation_id) if suggested else {}
    return {name for name in names if name not in SUGGESTED or name in chosen}


def note_changed_values(installation_id: int, changes: Sequence[tuple[int, str, str]]) -> None:
    """Have contacts read again whose webhook (contact id, property, value) tells news, inside the
    caller's transaction."""
    chosen = SyncedProperty.readable(installation_id)
    relevant = [change for change in changes if change[1] in chosen]
    if not relevant:
        return
    statement = select(Contact.contact_id, Contact.id, ContactValues.values).join(ContactValues)
    rows = db.session.execute(
        statement.where(
            Contact.installation_id == installation_id,
            Contact.contact_id.in_({change[0] for change in relevant}),
        )
    )
    known = {contact_id: (row_id, values) for contact_id, row_id, values in rows}
    # The value itself may come late: what HubSpot has at the time of reading counts. A known value
    # is an echo, or an old event; were it old, the newer one would come too.
    stale = {
        known[contact_id][0]
        for contact_id, name, value in relevant
        if contact_id in known and _is_news(value, known[contact_id][1].get(name, ""))
    }
    if stale:
        mark_stale(stale)
        enqueue("sync_contacts", installation_id, installation_id)


def _is_news(value: str, stored: str) -> bool:
    return stored not in {kept(value, LONGEST_INDEXED), kept(value, LONGEST)}
