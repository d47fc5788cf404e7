"""The end of a run, and the writes to HubSpot that follow."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.import_run import FAILED, FINISHED, IDLE, ImportRun
from plugin.models.imports.list_import import ListImport
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.sql import analyze_grown
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.contacts.outbox import mark_many_for_push
from plugin.services.friends.profiles import read_profiles_of
from plugin.services.imports.checkpoint import batch


def finish(_deps: Dependencies, list_import: ListImport, run: ImportRun) -> None:
    """Complete the run, and note from when on the next one looks for changes."""
    now = utcnow()
    with batch(run):
        _lock(list_import)
        run.state, run.phase, run.finished_at = FINISHED, "", now
        list_import.state, list_import.next_run_at = (
            IDLE,
            next_time(list_import, run.started_at, now),
        )
        list_import.changed_since = run.started_at
        list_import.tail_after, list_import.tail_id = run.tail_after, run.tail_id
        if run.whole:
            _delete_former_members(list_import, run)
            # HubSpot was still filling the list: another whole run reads what is missing.
            list_import.whole_at = None if run.incomplete else run.started_at
        enqueue_writes(list_import)
        analyze_grown(Contact, Friend, Linkage, ImportMember)


def fail(list_import: ListImport, run: ImportRun, error: GatewayError) -> None:
    """End the run with an error; an import whose list no longer exists is not scheduled again."""
    now = utcnow()
    with batch(run):
        _lock(list_import)
        run.state, run.finished_at, run.error = FAILED, now, error.message[:500]
        list_import.state, list_import.next_run_at = (
            FAILED,
            next_time(list_import, run.started_at, now),
        )
        if error.reason == "not_found":
            list_import.next_run_at = None
        enqueue_writes(list_import)


def next_time(list_import: ListImport, begun: datetime, now: datetime) -> datetime | None:
    if not list_import.every_minutes:
        return None
    return max(begun + timedelta(minutes=list_import.every_minutes), now)


def enqueue_writes(list_import: ListImport) -> None:
    """Enqueue writes of new links, or else reads of names, inside the caller's transaction."""
    unwritten = select(ImportMember.contact_id).where(
        ImportMember.list_import_id == list_import.id, ImportMember.unwritten.is_(True)
    )
    if db.session.scalar(unwritten.limit(1)) is not None:
        enqueue("write_imported", list_import.id, list_import.installation_id)
    else:
        enqueue("read_profiles", list_import.official_account_id, list_import.installation_id)


def _lock(list_import: ListImport) -> None:
    # A person may have changed the interval meanwhile.
    db.session.refresh(list_import, with_for_update={"of": ListImport})


def _delete_former_members(list_import: ListImport, run: ImportRun) -> None:
    statement = delete(ImportMember).where(
        ImportMember.list_import_id == list_import.id,
        ImportMember.run_id != run.id,
        ImportMember.unwritten.is_(False),
    )
    affected(statement.execution_options(synchronize_session=False))


BATCH = 400
BACKLOG = 400
BUSY_WAIT = timedelta(milliseconds=200)
PAUSED_WAIT = timedelta(minutes=1)
# Names are read from LINE first, so that one write has them; but not for longer than this.
NAMES_WAIT = timedelta(minutes=30)


def write_imported(deps: Dependencies, import_id: int) -> datetime | None:
    """Mark a batch of contacts for push; return when to go on, or None when all are marked."""
    list_import = ListImport.by_id(import_id)
    if list_import is None:
        return None
    installation = Installation.by_id(list_import.installation_id)
    if installation is None or not installation.is_alive:
        return utcnow() + PAUSED_WAIT
    contact_ids = _unwritten(list_import)
    _read_names(deps, list_import, contact_ids)
    if contact_ids and _is_busy(list_import):
        return utcnow() + BUSY_WAIT
    with transaction():
        _enqueue(list_import, contact_ids)
        if len(contact_ids) == BATCH:
            return utcnow()
        enqueue("read_profiles", list_import.official_account_id, list_import.installation_id)
        if list_import.archived_at is not None:
            statement = delete(ImportMember).where(ImportMember.list_import_id == list_import.id)
            affected(statement.execution_options(synchronize_session=False))
    return None


def _is_busy(list_import: ListImport) -> bool:
    pending = select(Contact.id).where(
        Contact.installation_id == list_import.installation_id, Contact.push_pending
    )
    backlog = pending.limit(BACKLOG + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(backlog)) or 0) > BACKLOG


def _read_names(deps: Dependencies, list_import: ListImport, contact_ids: list[int]) -> None:
    nameless = (
        select(Friend.id, Friend.line_user_id)
        .join(Linkage)
        .join(Contact)
        .where(
            Linkage.official_account_id == list_import.official_account_id,
            Contact.installation_id == list_import.installation_id,
            Contact.contact_id.in_(contact_ids),
            Friend.profile_at.is_(None),
        )
    )
    friends = dict(db.session.execute(nameless).tuples().all())
    if list_import.official_account.archived_at is not None:
        return
    try:
        read_profiles_of(deps, list_import.official_account, friends)
    except GatewayError as error:
        # HubSpot gets the links without names where LINE refuses, or fails for long.
        if not error.permanent and _may_wait(list_import):
            raise


def _may_wait(list_import: ListImport) -> bool:
    run = list_import.last_run
    return not run or not run.finished_at or utcnow() - run.finished_at < NAMES_WAIT


def _unwritten(list_import: ListImport) -> list[int]:
    waiting = select(ImportMember.contact_id).where(
        ImportMember.list_import_id == list_import.id, ImportMember.unwritten.is_(True)
    )
    return list(db.session.scalars(waiting.order_by(ImportMember.contact_id).limit(BATCH)))


def _enqueue(list_import: ListImport, contact_ids: list[int]) -> None:
    if not contact_ids:
        return
    contact_row_ids = select(Contact.id).where(
        Contact.installation_id == list_import.installation_id,
        Contact.contact_id.in_(contact_ids),
    )
    mark_many_for_push(list_import.installation_id, contact_row_ids)
    written = update(ImportMember).where(
        ImportMember.list_import_id == list_import.id, ImportMember.contact_id.in_(contact_ids)
    )
    affected(written.values(unwritten=False).execution_options(synchronize_session=False))
