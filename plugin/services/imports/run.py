"""Imports the LINE User IDs of a HubSpot list, a small batch at a time.

A run goes through phases. A batch is a few parallel calls and one transaction, which stores what
was read, the counts and the cursor: a killed run goes on from there.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.connections.installation import Installation
from plugin.models.imports.import_run import FAILED, IDLE, RUNNING, ImportRun
from plugin.models.imports.list_import import ListImport
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.imports.checkpoint import StaleRun, retry_time
from plugin.services.imports.decide import decide_batch
from plugin.services.imports.finish import fail, finish
from plugin.services.imports.read import begin, new_run, read_changes, read_members, recheck_members
from plugin.services.imports.unknown_ids import (
    choose_lookup,
    list_followers,
    look_up_profiles,
    use_pause,
)
from plugin.services.system.rate_limits import in_background

# A job step ends after this long, well within its lease, so that no other job waits behind it.
STEP_SECONDS = 4.0
PAUSED_WAIT = timedelta(minutes=1)

PHASES: dict[str, Callable[[Dependencies, ListImport, ImportRun], None]] = {
    "begin": begin,
    "changes": read_changes,
    "members": read_members,
    "recheck": recheck_members,
    "strangers": choose_lookup,
    "followers": list_followers,
    "profiles": look_up_profiles,
    "deciding": decide_batch,
    "end": finish,
}
# Phases that wait for HubSpot alone.
READING = ("changes", "members", "recheck")


def import_list(deps: Dependencies, import_id: int) -> datetime | None:
    """Store some batches; return when to go on, or None when nothing more is due by itself."""
    list_import = ListImport.by_id(import_id)
    if list_import is None or list_import.archived_at is not None:
        return None
    if not _is_connected(list_import):
        return utcnow() + PAUSED_WAIT
    return _go_on(deps, list_import)


def _is_connected(list_import: ListImport) -> bool:
    installation = Installation.by_id(list_import.installation_id)
    alive = installation is not None and installation.is_alive
    return alive and list_import.official_account.archived_at is None


def _go_on(deps: Dependencies, list_import: ListImport) -> datetime | None:
    run = ImportRun.running(list_import.id) or _due_run(list_import)
    if run is None:
        return list_import.next_run_at
    try:
        with in_background():
            return _batches(deps, list_import, run)
    except StaleRun:
        # Somebody stopped the run, or another worker went on with it.
        return utcnow()
    except GatewayError as error:
        allowed = retry_time(error)
        if allowed is not None:
            return allowed
        if not error.permanent:
            raise
        if not _is_connected(list_import):
            # Paused in the meantime: the run waits, and goes on from its cursor.
            return utcnow() + PAUSED_WAIT
        fail(list_import, run, error)
        return list_import.next_run_at


def _batches(deps: Dependencies, list_import: ListImport, run: ImportRun) -> datetime | None:
    end = time.monotonic() + STEP_SECONDS
    while run.state == RUNNING:
        try:
            PHASES[run.phase](deps, list_import, run)
        except GatewayError as error:
            if run.phase not in READING or not use_pause(deps, list_import, run, retry_time(error)):
                raise
        if time.monotonic() > end:
            return utcnow()
    return list_import.next_run_at


def _due_run(list_import: ListImport) -> ImportRun | None:
    if not _is_due(list_import):
        return None
    with transaction() as session:
        # Since the check somebody may have begun a run, or removed the import.
        session.refresh(list_import, with_for_update={"of": ListImport})
        if not _is_due(list_import):
            return None
        run = new_run(list_import)
        session.add(run)
    return run


def _is_due(list_import: ListImport) -> bool:
    rests = list_import.archived_at is None and list_import.state in (IDLE, FAILED)
    return rests and list_import.next_run_at is not None and list_import.next_run_at <= utcnow()
