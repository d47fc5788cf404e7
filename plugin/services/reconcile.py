"""The nightly comparison, a hundred contacts a call: every contact that Musubi knows, and those
with a LINE User ID that it does not know."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import and_, exists, or_, select

from plugin.core.clock import utcnow
from plugin.models.base import db, transaction
from plugin.models.installation import ACTIVE, Installation
from plugin.models.job import plant
from plugin.models.people import Contact, LedgerEntry
from plugin.models.reconcile import ReconcileRun
from plugin.services import Outside
from plugin.services.check_contacts import BATCH, compare
from plugin.services.contact_life import GONE
from plugin.services.install import ensure_properties
from plugin.services.untold_contacts import meet_untold

NIGHT = range(2, 5)
# The next night begins later than this after a run has begun.
A_NIGHT = timedelta(hours=20)
# HubSpot restores contacts for so many days after their deletion, and one more for the night.
RESTORABLE = timedelta(days=91)


def plan_reconciles() -> None:
    """Owe a comparison to every portal where it is night and none was begun this night."""
    now = utcnow()
    for installation in db.session.scalars(
        select(Installation).where(Installation.state == ACTIVE)
    ):
        run = ReconcileRun.newest_of(installation.id)
        begun = run.started_at if run else installation.installed_at
        if _hour(installation) in NIGHT and now - begun > A_NIGHT:
            begin_reconcile(installation.id)


def begin_reconcile(installation_id: int) -> None:
    """Owe a comparison now; one that is under way goes on."""
    with transaction():
        plant("reconcile", installation_id, installation_id)


def reconcile(outside: Outside, installation_id: int) -> bool:
    """Compare one batch; True where more are left. Goes on where a killed run was.

    Raises `GatewayError`, and then the batch is read again later.
    """
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return False
    run = _open_run(installation_id)
    if run.cursor == run.searched_account == run.searched_after == 0:
        # A property that was deleted in HubSpot comes back, and its values are written again.
        ensure_properties(outside, installation_id)
    if meet_untold(outside, installation, run):
        return True
    contacts = _next(run)
    if contacts:
        compare(outside, installation_id, contacts, partial(_note, run, contacts))
    else:
        with transaction():
            _note(run, [], [])
    return run.finished_at is None


def _note(run: ReconcileRun, contacts: Sequence[Contact], words: Sequence[str]) -> None:
    """Count what was settled and move on, in the transaction that settled it.

    Who was overtaken, having been given up for dead, counts nothing a second time.
    """
    before = run.cursor
    db.session.refresh(run, with_for_update=True)
    if run.cursor != before or run.finished_at is not None:
        return
    run.counts = dict(Counter(run.counts) + Counter(words))
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


def _next(run: ReconcileRun) -> Sequence[Contact]:
    """Those that are there, and those with a tie to get back should HubSpot have them again."""
    untied = exists().where(
        LedgerEntry.installation_id == Contact.installation_id,
        LedgerEntry.contact_id == Contact.contact_id,
        LedgerEntry.deed == "unlinked",
        LedgerEntry.source == GONE,
    )
    restorable = and_(Contact.deleted_at > run.started_at - RESTORABLE, untied)
    mine = select(Contact).where(
        Contact.installation_id == run.installation_id,
        Contact.id > run.cursor,
        Contact.merged_into_id.is_(None),
        or_(Contact.deleted_at.is_(None), restorable),
    )
    return list(db.session.scalars(mine.order_by(Contact.id).limit(BATCH)))


def _hour(installation: Installation) -> int:
    try:
        zone = ZoneInfo(installation.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return utcnow().astimezone(zone).hour
