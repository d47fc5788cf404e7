"""The end of a run, and what it owes."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import affected, db
from plugin.models.job import plant
from plugin.models.list_import import FAILED, FINISHED, IDLE, ImportMember, ImportRun, ListImport
from plugin.models.people import Contact, Friend, Linkage
from plugin.models.upsert import count_anew
from plugin.services import Outside
from plugin.services.import_progress import piece


def finish(_outside: Outside, mine: ListImport, run: ImportRun) -> None:
    """The run ended well: remember from where the next one looks for changes."""
    now = utcnow()
    with piece(run):
        _hold(mine)
        run.state, run.phase, run.finished_at = FINISHED, "", now
        mine.state, mine.next_run_at = IDLE, next_time(mine, run.started_at, now)
        mine.changed_since = run.started_at
        mine.tail_after, mine.tail_id = run.tail_after, run.tail_id
        if run.whole:
            _forget_who_left(mine, run)
            # HubSpot was still filling the list: what is missing comes with another whole run.
            mine.whole_at = None if run.incomplete else run.started_at
        owe_writes(mine)
        count_anew(Contact, Friend, Linkage, ImportMember)


def fail(mine: ListImport, run: ImportRun, error: GatewayError) -> None:
    """The run cannot go on. A list that is gone is not tried again by itself."""
    now = utcnow()
    with piece(run):
        _hold(mine)
        run.state, run.finished_at, run.error = FAILED, now, error.message[:500]
        mine.state, mine.next_run_at = FAILED, next_time(mine, run.started_at, now)
        if error.reason == "not_found":
            mine.next_run_at = None
        owe_writes(mine)


def next_time(mine: ListImport, begun: datetime, now: datetime) -> datetime | None:
    """When the import comes due again by itself."""
    if not mine.every_minutes:
        return None
    return max(begun + timedelta(minutes=mine.every_minutes), now)


def owe_writes(mine: ListImport) -> None:
    """Owe HubSpot what was linked, inside the caller's transaction, and names of new friends."""
    unwritten = select(ImportMember.contact_id).where(
        ImportMember.list_import_id == mine.id, ImportMember.unwritten.is_(True)
    )
    if db.session.scalar(unwritten.limit(1)) is not None:
        plant("write_imported", mine.id, mine.installation_id)
    else:
        plant("read_profiles", mine.official_account_id, mine.installation_id)


def _hold(mine: ListImport) -> None:
    """As it stands now: a person may have said meanwhile how often it runs."""
    db.session.refresh(mine, with_for_update={"of": ListImport})


def _forget_who_left(mine: ListImport, run: ImportRun) -> None:
    left = delete(ImportMember).where(
        ImportMember.list_import_id == mine.id,
        ImportMember.run_id != run.id,
        ImportMember.unwritten.is_(False),
    )
    affected(left.execution_options(synchronize_session=False))
