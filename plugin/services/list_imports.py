"""What a person or a program decides about imports: save, run now, stop, remove."""

from typing import NamedTuple

from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.gateways import ContactList, GatewayError, ListPage, TextProperty
from plugin.models.base import affected, db, repeated, transaction
from plugin.models.job import plant, withdraw
from plugin.models.list_import import (
    FAILED,
    IDLE,
    RUNNING,
    STOPPED,
    ImportRun,
    ListImport,
)
from plugin.models.official_account import OfficialAccount
from plugin.services import Outside
from plugin.services.import_begin import new_run
from plugin.services.import_end import next_time, owe_writes
from plugin.services.offered_ids import own_property
from plugin.services.portal_access import portal

PATIENCE = 3.0
# A year, in minutes.
LONGEST_INTERVAL = 525_600


class Unfit(ValueError):
    """One field cannot be taken; `field` says which, the message what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Plan(NamedTuple):
    """What is to be imported. `property_name` "": the account's own LINE User ID property."""

    list_id: str
    property_name: str
    every_minutes: int


def create_import(outside: Outside, account: OfficialAccount, plan: Plan) -> ListImport:
    """Save and start. Raises `Unfit`, or `GatewayError` where HubSpot could not be asked."""
    name = plan.property_name or own_property(account)
    found = _list(outside, account, plan.list_id)
    if name not in {one.name for one in text_properties(outside, account.installation_id)}:
        raise Unfit("property", "HubSpot has no contact property of this name that holds text.")
    mine = ListImport(
        installation_id=account.installation_id,
        official_account_id=account.id,
        list_id=found.list_id,
        list_name=found.name[:255],
        property_name=name,
        every_minutes=plan.every_minutes,
        created_at=utcnow(),
    )
    with transaction() as session:
        session.add(mine)
        session.flush()
        _start(mine)
        plant("import_list", mine.id, mine.installation_id)
    return mine


@repeated
def run_now(mine: ListImport) -> None:
    """Begin a run, unless one is under way."""
    with transaction() as session:
        # Whoever asks at the same moment waits here, and then finds a run under way.
        session.refresh(mine, with_for_update={"of": ListImport})
        if mine.state != RUNNING:
            _start(mine)
        # Also wakes a job that was given up.
        plant("import_list", mine.id, mine.installation_id)


@repeated
def stop_run(mine: ListImport) -> bool:
    """End the run under way; what it linked stays. False where none was."""
    with transaction() as session:
        session.refresh(mine, with_for_update={"of": ListImport})
        stopped = _stop(mine)
        mine.state = IDLE if stopped else mine.state
        owe_writes(mine)
    return stopped


@repeated
def remove_import(mine: ListImport) -> None:
    """It runs no more; what it linked stays linked."""
    with transaction() as session:
        session.refresh(mine, with_for_update={"of": ListImport})
        _stop(mine)
        mine.archived_at, mine.state, mine.next_run_at = utcnow(), IDLE, None
        withdraw("import_list", mine.id)
        # Deletes the members, once HubSpot has been told of those that were linked.
        plant("write_imported", mine.id, mine.installation_id)


@repeated
def change_interval(mine: ListImport, every_minutes: int) -> None:
    """How often it runs from now on; 0: only when told."""
    with transaction() as session:
        # A run that ends at this moment looks at it too: one of the two waits for the other.
        session.refresh(mine, with_for_update={"of": ListImport})
        mine.every_minutes = every_minutes
        last = mine.last_run
        if mine.state in (IDLE, FAILED):
            mine.next_run_at = next_time(mine, last.started_at if last else utcnow(), utcnow())
            if mine.next_run_at is not None:
                delay = mine.next_run_at - utcnow()
                plant("import_list", mine.id, mine.installation_id, delay=delay)


def find_lists(outside: Outside, installation_id: int, query: str, after: str | None) -> ListPage:
    """HubSpot's contact lists by a part of their name."""
    access = portal(outside, installation_id, PATIENCE)
    return outside.gateways.hubspot.search_lists(access, query, after)


def text_properties(outside: Outside, installation_id: int) -> tuple[TextProperty, ...]:
    """The contact properties that can hold a LINE User ID."""
    access = portal(outside, installation_id, PATIENCE)
    return outside.gateways.hubspot.text_properties(access)


def _list(outside: Outside, account: OfficialAccount, list_id: str) -> ContactList:
    access = portal(outside, account.installation_id, PATIENCE)
    try:
        return outside.gateways.hubspot.list_by_id(access, list_id)
    except GatewayError as error:
        if error.reason in ("not_found", "invalid"):
            raise Unfit("list_id", "HubSpot has no contact list with this ID.") from error
        raise


def _start(mine: ListImport) -> None:
    db.session.add(new_run(mine))
    mine.next_run_at = None


def _stop(mine: ListImport) -> bool:
    now = utcnow()
    under_way = update(ImportRun).where(
        ImportRun.list_import_id == mine.id, ImportRun.state == RUNNING
    )
    values = {"state": STOPPED, "finished_at": now, "step": ImportRun.step + 1}
    stopped = affected(under_way.values(values).execution_options(synchronize_session=False))
    if stopped:
        mine.next_run_at = next_time(mine, now, now)
        if mine.next_run_at is not None:
            delay = mine.next_run_at - now
            plant("import_list", mine.id, mine.installation_id, delay=delay)
    return bool(stopped)
