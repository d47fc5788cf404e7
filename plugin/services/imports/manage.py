"""Actions of people and programs on imports: save, run now, stop, remove."""

import re
from typing import NamedTuple

from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.core.overwrites import Seen, refuse_overwrite
from plugin.gateways import ContactList, GatewayError, ListPage, TextProperty
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.imports.import_run import FAILED, IDLE, RUNNING, STOPPED, ImportRun
from plugin.models.imports.list_import import ListImport
from plugin.models.system.job import cancel, enqueue
from plugin.models.transaction import affected, retried, transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.id_properties import user_id_property
from plugin.services.imports.finish import enqueue_writes, next_time
from plugin.services.imports.read import new_run

# Seconds to wait for another worker's token refresh.
TOKEN_TIMEOUT = 3.0
# A year, in minutes.
LONGEST_INTERVAL = 525_600
LIST_ID = re.compile(r"[0-9]{1,20}")


class Unfit(ValueError):
    """One field is invalid: `field` names it, the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Plan(NamedTuple):
    """What to import. An empty `property_name` means the account's own LINE User ID property."""

    list_id: str
    property_name: str
    every_minutes: int


def create_import(deps: Dependencies, account: OfficialAccount, plan: Plan) -> ListImport:
    """Save and start an import; raise `Unfit`, or `GatewayError` where HubSpot fails to answer."""
    if not LIST_ID.fullmatch(plan.list_id):
        raise Unfit("list_id", "Must be the ID of a HubSpot list: digits only.")
    _check_interval(plan.every_minutes)
    name = plan.property_name or user_id_property(account)
    contact_list = find_list(deps, account.installation_id, plan.list_id)
    known = text_properties(deps, account.installation_id)
    if name not in {definition.name for definition in known}:
        raise Unfit("property", "HubSpot has no contact property of this name that holds text.")
    list_import = ListImport(
        installation_id=account.installation_id,
        official_account_id=account.id,
        list_id=contact_list.list_id,
        list_name=contact_list.name[:255],
        property_name=name,
        every_minutes=plan.every_minutes,
        created_at=utcnow(),
    )
    with transaction() as session:
        session.add(list_import)
        session.flush()
        _start(list_import)
        enqueue("import_list", list_import.id, list_import.installation_id)
    return list_import


@retried
def run_now(list_import: ListImport) -> None:
    """Begin a run, unless one is under way."""
    with transaction() as session:
        # A simultaneous request waits here, and then sees the run under way.
        session.refresh(list_import, with_for_update={"of": ListImport})
        if list_import.state != RUNNING:
            _start(list_import)
        # Also wakes a dead-lettered job.
        enqueue("import_list", list_import.id, list_import.installation_id)


@retried
def stop_run(list_import: ListImport) -> bool:
    """End the run under way and keep what it linked; return False if there was none."""
    with transaction() as session:
        session.refresh(list_import, with_for_update={"of": ListImport})
        stopped = _stop(list_import)
        list_import.state = IDLE if stopped else list_import.state
        enqueue_writes(list_import)
    return stopped


@retried
def remove_import(list_import: ListImport) -> None:
    """Archive the import and keep what it linked."""
    with transaction() as session:
        session.refresh(list_import, with_for_update={"of": ListImport})
        _stop(list_import)
        list_import.archived_at, list_import.state, list_import.next_run_at = utcnow(), IDLE, None
        cancel("import_list", list_import.id)
        # Deletes the members, once their links are marked for push.
        enqueue("write_imported", list_import.id, list_import.installation_id)


def _check_interval(every_minutes: int) -> None:
    if not 0 <= every_minutes <= LONGEST_INTERVAL:
        raise Unfit("every_minutes", f"Must be between 0 and {LONGEST_INTERVAL}.")


@retried
def change_interval(list_import: ListImport, every_minutes: int, seen: Seen | None = None) -> None:
    """Set the interval (0: on demand); raise `Unfit`, or `ChangedMeanwhile` if `seen` is old."""
    _check_interval(every_minutes)
    with transaction() as session:
        # A run that ends at this moment reads the interval too: one of the two waits for the other.
        session.refresh(list_import, with_for_update={"of": ListImport})
        refuse_overwrite(seen, {"every_minutes": list_import.every_minutes})
        list_import.every_minutes = every_minutes
        last = list_import.last_run
        if list_import.state in (IDLE, FAILED):
            list_import.next_run_at = next_time(
                list_import, last.started_at if last else utcnow(), utcnow()
            )
            if list_import.next_run_at is not None:
                delay = list_import.next_run_at - utcnow()
                enqueue("import_list", list_import.id, list_import.installation_id, delay=delay)


def find_lists(deps: Dependencies, installation_id: int, query: str, after: str | None) -> ListPage:
    """Search HubSpot's contact lists by a part of their name."""
    access = portal_access(deps, installation_id, TOKEN_TIMEOUT)
    return deps.gateways.hubspot.search_lists(access, query, after)


def text_properties(deps: Dependencies, installation_id: int) -> tuple[TextProperty, ...]:
    """Return the contact properties that can hold a LINE User ID."""
    access = portal_access(deps, installation_id, TOKEN_TIMEOUT)
    return deps.gateways.hubspot.text_properties(access)


def find_list(deps: Dependencies, installation_id: int, list_id: str) -> ContactList:
    """Return a list of contacts. Raise `Unfit` where there is none with this ID."""
    access = portal_access(deps, installation_id, TOKEN_TIMEOUT)
    try:
        return deps.gateways.hubspot.list_by_id(access, list_id)
    except GatewayError as error:
        if error.reason in ("not_found", "invalid"):
            raise Unfit("list_id", "HubSpot has no contact list with this ID.") from error
        raise


def _start(list_import: ListImport) -> None:
    db.session.add(new_run(list_import))
    list_import.next_run_at = None


def _stop(list_import: ListImport) -> bool:
    now = utcnow()
    under_way = update(ImportRun).where(
        ImportRun.list_import_id == list_import.id, ImportRun.state == RUNNING
    )
    values = {"state": STOPPED, "finished_at": now, "step": ImportRun.step + 1}
    stopped = affected(under_way.values(values).execution_options(synchronize_session=False))
    if stopped:
        list_import.next_run_at = next_time(list_import, now, now)
        if list_import.next_run_at is not None:
            delay = list_import.next_run_at - now
            enqueue("import_list", list_import.id, list_import.installation_id, delay=delay)
    return bool(stopped)
