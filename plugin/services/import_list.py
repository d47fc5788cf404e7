"""Importing the LINE User IDs of a HubSpot list, a small piece at a time.

A run goes through phases. Every piece is a few calls at once at most and one transaction, which
stores what was read, the counts and the place to go on from: a run that is killed goes on there.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import transaction
from plugin.models.installation import Installation
from plugin.models.list_import import FAILED, IDLE, RUNNING, ImportRun, ListImport
from plugin.services import Outside
from plugin.services.budget import in_background
from plugin.services.import_begin import begin, new_run
from plugin.services.import_deciding import decide_some
from plugin.services.import_end import fail, finish
from plugin.services.import_progress import Overtaken, when_allowed
from plugin.services.import_reading import read_changes, read_members, recheck_members
from plugin.services.import_strangers import (
    ask_ahead,
    ask_for_profiles,
    list_followers,
    look_for_strangers,
)

# A job step ends after this long, well within its lease, so that nobody waits behind it.
STEP_SECONDS = 4.0
PAUSED_WAIT = timedelta(minutes=1)

PHASES: dict[str, Callable[[Outside, ListImport, ImportRun], None]] = {
    "begin": begin,
    "changes": read_changes,
    "members": read_members,
    "recheck": recheck_members,
    "strangers": look_for_strangers,
    "followers": list_followers,
    "profiles": ask_for_profiles,
    "deciding": decide_some,
    "end": finish,
}
# Phases that wait for HubSpot alone.
READING = ("changes", "members", "recheck")


def import_list(outside: Outside, import_id: int) -> datetime | None:
    """Do some pieces; answers when to go on, or None where nothing more is due by itself."""
    mine = ListImport.by_id(import_id)
    if mine is None or mine.archived_at is not None:
        return None
    if not _is_connected(mine):
        return utcnow() + PAUSED_WAIT
    return _go_on(outside, mine)


def _is_connected(mine: ListImport) -> bool:
    """Whether HubSpot is, and the Official Account: a run waits for both."""
    installation = Installation.by_id(mine.installation_id)
    alive = installation is not None and installation.is_alive
    return alive and mine.official_account.archived_at is None


def _go_on(outside: Outside, mine: ListImport) -> datetime | None:
    run = ImportRun.running(mine.id) or _due_run(mine)
    if run is None:
        return mine.next_run_at
    try:
        with in_background():
            return _pieces(outside, mine, run)
    except Overtaken:
        # Somebody stopped the run, or another worker went on with it.
        return utcnow()
    except GatewayError as error:
        allowed = when_allowed(error)
        if allowed is not None:
            return allowed
        if not error.permanent:
            raise
        if not _is_connected(mine):
            # Paused while we were at it: the run waits, and goes on where it is.
            return utcnow() + PAUSED_WAIT
        fail(mine, run, error)
        return mine.next_run_at


def _pieces(outside: Outside, mine: ListImport, run: ImportRun) -> datetime | None:
    end = time.monotonic() + STEP_SECONDS
    while run.state == RUNNING:
        try:
            PHASES[run.phase](outside, mine, run)
        except GatewayError as error:
            if run.phase not in READING or not ask_ahead(outside, mine, run, when_allowed(error)):
                raise
        if time.monotonic() > end:
            return utcnow()
    return mine.next_run_at


def _due_run(mine: ListImport) -> ImportRun | None:
    """The next run where its time has come."""
    if not _is_due(mine):
        return None
    with transaction() as session:
        # Somebody may have begun a run, or removed the import, since we looked.
        session.refresh(mine, with_for_update={"of": ListImport})
        if not _is_due(mine):
            return None
        run = new_run(mine)
        session.add(run)
    return run


def _is_due(mine: ListImport) -> bool:
    rests = mine.archived_at is None and mine.state in (IDLE, FAILED)
    return rests and mine.next_run_at is not None and mine.next_run_at <= utcnow()
