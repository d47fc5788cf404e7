"""Keeps the synced properties of linked contacts up to date.

A pass reads all of them, a hundred a call: after a choice, and once a day. Between passes it reads
whom webhooks or new links mark, and those whom HubSpot's search calls changed.
"""

import math
import time
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from plugin.core.clock import utcnow
from plugin.core.imports import INDEX_LAG
from plugin.gateways import GatewayError
from plugin.models.audience.contact_values import (
    STALE,
    WAITING_TO,
    ContactValues,
    insert_unread,
    keeps_anything,
    linked_contacts,
)
from plugin.models.audience.property_sync import PropertySync
from plugin.models.audience.synced_property import FINE, REFUSED, SyncedProperty
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.people.contact import Contact
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.imports.checkpoint import extend_trail, retry_time
from plugin.services.imports.read import MAX_RESULTS
from plugin.services.sync.synced_definitions import check_definitions
from plugin.services.sync.synced_reads import read_round, store_records
from plugin.services.system.rate_limits import in_background

STEP_SECONDS = 4.0
LOOK_EVERY, CHECK_EVERY, PASS_EVERY = (
    timedelta(minutes=5), timedelta(hours=1), timedelta(hours=24),
)  # fmt: skip
ROUND, PREPARED_AT_ONCE = 400, 5000
MODIFIED = "lastmodifieddate"
# HubSpot's clock and ours may differ by this.
SKEW = timedelta(minutes=1)


def sync_contacts(deps: Dependencies, installation_id: int) -> datetime | None:
    """Read a few hundred contacts; return when to go on, or None. Raise `GatewayError`."""
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return None
    try:
        with in_background():
            return _go_on(deps, installation)
    except GatewayError as error:
        allowed = retry_time(error)
        if allowed is None:
            _note_failure(installation_id, error.message)
            if not error.permanent:
                raise
        # A permanent refusal is tried again with the next look.
        return allowed


def _go_on(deps: Dependencies, installation: Installation) -> datetime | None:
    end = time.monotonic() + STEP_SECONDS
    while _step(deps, installation):
        _note_success(installation.id)
        if time.monotonic() > end:
            return utcnow()
    return None


def is_due(sync: PropertySync | None, now: datetime) -> bool:
    times = (sync.looked_at, sync.failed_at) if sync is not None else ()
    return all(moment is None or now - moment >= LOOK_EVERY for moment in times)


def _step(deps: Dependencies, installation: Installation) -> bool:
    """Do what is due first; return False where nothing is."""
    if not keeps_anything(installation.id):
        _forget_everything(installation.id)
        return False
    now, sync = utcnow(), _sync_of(installation.id)
    chosen = bool(SyncedProperty.list_owned(installation.id))
    if chosen and (sync.checked_at is None or now - sync.checked_at >= CHECK_EVERY):
        check_definitions(deps, installation)
    elif sync.prepared_to is not None:
        _prepare(installation.id)
    elif waiting := ContactValues.read_before(installation.id, _threshold(sync), ROUND):
        read_round(deps, installation, waiting)
    elif sync.pass_started_at is not None:
        _finish_pass(installation.id)
    elif sync.passed_at is None or now - sync.passed_at >= PASS_EVERY:
        begin_pass(installation.id)
    elif chosen and (sync.search_started_at is not None or is_due(sync, now)):
        _read_changes(deps, installation.id, sync)
    else:
        return False
    return True


def _forget_everything(installation_id: int) -> None:
    # Somebody may have removed the last item while a step stored its values.
    if PropertySync.of(installation_id) is not None:
        with transaction():
            enqueue("forget_removed", installation_id, installation_id)


def _sync_of(installation_id: int) -> PropertySync:
    sync = PropertySync.of(installation_id)
    if sync is None:
        with transaction():
            sync = PropertySync.held(installation_id)
    return sync


def _threshold(sync: PropertySync) -> datetime:
    return sync.pass_started_at or WAITING_TO


def begin_pass(installation_id: int) -> None:
    """Have all linked contacts read again, with what HubSpot refused."""
    with transaction():
        restart_pass(PropertySync.held(installation_id))


def restart_pass(sync: PropertySync) -> None:
    """The same inside the caller's transaction."""
    for row in SyncedProperty.list_owned(sync.installation_id):
        row.state = FINE if row.state == REFUSED else row.state
    sync.pass_started_at, sync.prepared_to = utcnow(), 0
    sync.search_started_at, sync.after, sync.trail, sync.read = None, "", "", 0


def _prepare(installation_id: int) -> None:
    """Give up to 5,000 more linked contacts a row, as a search for those without is slow."""
    with transaction():
        sync = PropertySync.held(installation_id)
        further = linked_contacts(installation_id).where(Contact.id > (sync.prepared_to or 0))
        ids = list(db.session.scalars(further.order_by(Contact.id).limit(PREPARED_AT_ONCE)))
        if ids:
            # The passes over the lists tell whether they are members.
            insert_unread(installation_id, ids, STALE)
            sync.prepared_to = ids[-1]
            return
        rows = select(func.count()).where(ContactValues.installation_id == installation_id)
        sync.prepared_to, sync.total = None, db.session.scalar(rows) or 0


def _finish_pass(installation_id: int) -> None:
    with transaction():
        sync = PropertySync.held(installation_id)
        begun = sync.pass_started_at
        for row in SyncedProperty.list_owned(installation_id):
            if begun is not None and row.chosen_at <= begun:
                row.filled_at = utcnow()
            row.error = "" if row.state == FINE else row.error
            row.known = db.session.scalar(_known(installation_id, row.name)) or 0
        sync.passed_at, sync.pass_started_at = begun, None
        sync.changed_since, sync.looked_at = begun, utcnow()
        # Too long values, which an index may have failed at, are cut now.
        enqueue("adjust_indexes", "all", 0)


def _known(installation_id: int, name: str) -> Select[tuple[int]]:
    return select(func.count()).where(
        ContactValues.installation_id == installation_id, ContactValues.value(name).is_not(None)
    )


def _read_changes(deps: Dependencies, installation_id: int, sync: PropertySync) -> None:
    """Read a page of the contacts that changed since the last look, linked or not."""
    asked_at = utcnow()
    begun = sync.search_started_at or asked_at
    names = [*SyncedProperty.readable(installation_id), MODIFIED]
    since = (sync.changed_since or asked_at) - INDEX_LAG
    page = deps.gateways.hubspot.modified_contacts(
        portal_access(deps, installation_id), since, names, sync.after or None
    )
    reads = math.ceil(sync.total / 100)
    # Reading all linked contacts may cost less, and has no limit.
    if page.total > MAX_RESULTS or (not sync.after and math.ceil(page.total / 200) > reads + 1):
        begin_pass(installation_id)
        return
    with transaction():
        held = PropertySync.held(installation_id)
        store_records(installation_id, page.records, names, newer_than=SKEW)
        held.trail = extend_trail("HubSpot", held.trail, page.after)
        held.search_started_at, held.after = begun, page.after or ""
        if not page.after:
            held.search_started_at, held.trail = None, ""
            held.changed_since, held.looked_at = begun, utcnow()


def _note_failure(installation_id: int, message: str) -> None:
    with transaction():
        sync = PropertySync.held(installation_id)
        sync.error, sync.failed_at = message[:500], utcnow()
        sync.failing_since = sync.failing_since or sync.failed_at


def _note_success(installation_id: int) -> None:
    sync = PropertySync.of(installation_id)
    if sync is not None and sync.failing_since is not None:
        with transaction():
            held = PropertySync.held(installation_id)
            held.error, held.failing_since, held.failed_at = "", None, None
