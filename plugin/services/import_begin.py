"""The beginning of a run: what the list is now, and whether all of it must be read."""

from datetime import datetime, timedelta

from plugin.core.clock import utcnow
from plugin.models.list_import import RUNNING, ImportRun, ListImport
from plugin.services import Outside
from plugin.services.import_progress import go_to, piece
from plugin.services.portal_access import portal

# Between whole passes only new members and changed contacts are read. A whole pass is exact: it
# finds what the search index has not told, and forgets members who left.
WHOLE_EVERY = timedelta(hours=24)
# A list as small as this costs no more to read whole than to ask what changed.
SMALL = 500


def new_run(mine: ListImport) -> ImportRun:
    """The row of a run that begins now; inside the caller's transaction, who adds it."""
    mine.state = RUNNING
    return ImportRun(list_import_id=mine.id, started_at=utcnow(), pending=[])


def begin(outside: Outside, mine: ListImport, run: ImportRun) -> None:
    """Ask for the list's name and size, and choose the way."""
    access = portal(outside, mine.installation_id)
    found = outside.gateways.hubspot.list_by_id(access, mine.list_id)
    with piece(run):
        mine.list_name = found.name[:255] or mine.list_name
        run.size, run.incomplete = found.size, found.processing
        run.whole = _must_be_whole(mine, found.size, run.started_at)
        go_to(run, "members" if run.whole else "changes")


def start_whole(run: ImportRun) -> None:
    """Read everything after all, but not again who was read; inside `piece`."""
    run.whole, run.pending, run.shrunk, run.deleted = True, [], False, 0
    go_to(run, "members")


def _must_be_whole(mine: ListImport, size: int | None, now: datetime) -> bool:
    if mine.whole_at is None or mine.changed_since is None or mine.tail_id is None:
        return True
    return now - mine.whole_at >= WHOLE_EVERY or size is None or size <= SMALL
