"""The nightly comparison of all that Musubi knows, and of unknown contacts with a LINE User ID."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import and_, exists, or_, select

from plugin.core.clock import utcnow
from plugin.core.imports import INDEX_LAG
from plugin.core.time_zones import zone_of
from plugin.models.base import db
from plugin.models.connections.installation import ACTIVE, Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.imports.reconcile import ReconcileRun
from plugin.models.people.contact import Contact
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.sql import upsert
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.id_properties import user_id_property
from plugin.services.contacts.property_troubles import probe_refusals
from plugin.services.linkage.history import GONE
from plugin.services.sync.properties import ensure_properties
from plugin.services.sync.pull import BATCH, compare

NIGHT = range(2, 5)
# The shortest time from the beginning of a run to the next night.
MIN_INTERVAL = timedelta(hours=20)
# HubSpot restores contacts for so many days after their deletion, and one more for the night.
RESTORE_LIMIT = timedelta(days=91)


def plan_reconciles() -> None:
    """Enqueue a comparison for every portal at night, once a night."""
    now = utcnow()
    for installation in db.session.scalars(
        select(Installation).where(Installation.state == ACTIVE)
    ):
        run = ReconcileRun.newest_of(installation.id)
        begun = run.started_at if run else installation.installed_at
        if _hour(installation) in NIGHT and now - begun > MIN_INTERVAL:
            begin_reconcile(installation.id)


def begin_reconcile(installation_id: int) -> None:
    """Enqueue a comparison now; one that is under way goes on."""
    with transaction():
        enqueue("reconcile", installation_id, installation_id)


def reconcile(deps: Dependencies, installation_id: int) -> bool:
    """Compare a batch, from the stored cursor on; return True if more are left. Raise
    `GatewayError`."""
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return False
    run = _open_run(installation_id)
    if run.cursor == run.searched_account == run.searched_after == 0:
        # A property deleted in HubSpot is created again, and its values are written again.
        ensure_properties(deps, installation_id)
        with transaction():
            probe_refusals(installation_id)
    if find_missed_changes(deps, installation, run):
        return True
    contacts = _next_batch(run)
    if contacts:
        compare(deps, installation_id, contacts, partial(_advance, run, contacts))
    else:
        with transaction():
            _advance(run, [], [])
    return run.finished_at is None


def _advance(run: ReconcileRun, contacts: Sequence[Contact], outcomes: Sequence[str]) -> None:
    """Count the outcomes and move the cursor, in the transaction of the changes."""
    before = run.cursor
    db.session.refresh(run, with_for_update=True)
    # A worker whose lease expired was overtaken, and counts nothing twice.
    if run.cursor != before or run.finished_at is not None:
        return
    run.counts = dict(Counter(run.counts) + Counter(outcomes))
    run.read += len(contacts)
    run.cursor = contacts[-1].id if contacts else before
    run.finished_at = None if len(contacts) == BATCH else utcnow()


def _open_run(installation_id: int) -> ReconcileRun:
    run = ReconcileRun.newest_of(installation_id)
    if run is None or run.finished_at is not None:
        run = ReconcileRun(
            installation_id=installation_id, started_at=utcnow(), cursor=0, read=0, counts={},
            searched_account=0, searched_after=0,
        )  # fmt: skip
        with transaction() as session:
            session.add(run)
    return run


def _next_batch(run: ReconcileRun) -> Sequence[Contact]:
    """Return contacts that exist, and deleted ones whose restoration would bring links back."""
    unlinked_by_deletion = exists().where(
        HistoryEntry.installation_id == Contact.installation_id,
        HistoryEntry.contact_id == Contact.contact_id,
        HistoryEntry.event_type == "unlinked",
        HistoryEntry.source == GONE,
    )
    restorable = and_(Contact.deleted_at > run.started_at - RESTORE_LIMIT, unlinked_by_deletion)
    statement = select(Contact).where(
        Contact.installation_id == run.installation_id,
        Contact.id > run.cursor,
        Contact.merged_into_id.is_(None),
        or_(Contact.deleted_at.is_(None), restorable),
    )
    return list(db.session.scalars(statement.order_by(Contact.id).limit(BATCH)))


def _hour(installation: Installation) -> int:
    return utcnow().astimezone(zone_of(installation.time_zone)).hour


INSERT_CONTACT = upsert(
    Contact, ("installation_id", "contact_id"), keys=("installation_id", "contact_id")
)


def find_missed_changes(deps: Dependencies, installation: Installation, run: ReconcileRun) -> bool:
    """Store one page of changed contacts for the comparison; return False if there are no more."""
    accounts = OfficialAccount.list_owned(installation.id)
    account = min(
        (account for account in accounts if account.id > run.searched_account),
        key=lambda account: account.id,
        default=None,
    )
    if account is None:
        return False
    # Older values than the installation need an import, which a person decides on.
    access, since = portal_access(deps, installation.id), _since(installation, run) - INDEX_LAG
    after, name = run.searched_after, user_id_property(account)
    lost = name in PropertyTrouble.skipped(installation.id)
    contact_ids = () if lost else deps.gateways.hubspot.contacts_holding(access, name, since, after)
    with transaction():
        _store_changes(run, (account.id, after), contact_ids)
    return True


def _since(installation: Installation, run: ReconcileRun) -> datetime:
    before = run.before()
    return before.started_at if before else installation.installed_at


def _store_changes(run: ReconcileRun, cursor: tuple[int, int], contact_ids: Sequence[int]) -> None:
    account_id, after = cursor
    db.session.refresh(run, with_for_update=True)
    # An overtaken worker must not move the cursor back.
    if run.searched_account >= account_id or run.searched_after != after:
        return
    # Only later ids were asked for; the same ids again would have no end.
    if not contact_ids or contact_ids[-1] <= after:
        run.searched_account, run.searched_after = account_id, 0
        return
    run.searched_after = contact_ids[-1]
    rows = [
        {"installation_id": run.installation_id, "contact_id": contact_id}
        for contact_id in contact_ids
    ]
    db.session.execute(INSERT_CONTACT, rows)
