"""A static HubSpot list of linked friends, or of a broadcast's recipients.

A name belongs to one list in HubSpot. It is free when an export begins, so that a list of this name
found later was made by an attempt whose answer was lost. Adding members again changes nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update

from plugin.core.clock import utcnow
from plugin.core.text.clean import storable
from plugin.core.text.sentences import Sentence
from plugin.gateways import GatewayError, Portal
from plugin.models.audience.list_export import (
    ACCOUNT_GONE,
    FAILED,
    FINISHED,
    NOT_ALLOWED,
    RULE_BROKEN,
    RUNNING,
    ListExport,
)
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import Recipient
from plugin.models.broadcasts.recipient_search import RecipientFilter, conditions
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.friend_search import FriendFilter, find_friends
from plugin.models.people.linkage import Linkage
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.segments.members import RuleError, check_rule, select_members
from plugin.services.system.rate_limits import in_background

BATCH_SIZE = 500
LONGEST_NAME = 200
MIN_WAIT = timedelta(milliseconds=250)
PAUSED_WAIT = timedelta(minutes=1)
# A person waits for the page.
TIMEOUT = 3.0
SCOPE = "crm.lists.write"
NO_SCOPE = Sentence(
    "HubSpot has not allowed Musubi to write lists (%(scope)s). Let an administrator connect"
    " HubSpot again and agree to it.",
    scope=SCOPE,
)
GONE = "The Official Account is not in use any more"


class ExportRefused(Exception):
    """The list cannot be made; `message` says why."""

    def __init__(self, message: Sentence) -> None:
        super().__init__(str(message))
        self.message = message


class InvalidName(ExportRefused):
    """HubSpot takes no list of this name, or Musubi does not."""


def export_rule(
    deps: Dependencies, account: OfficialAccount, name: str, rule: Any, actor: str = ""
) -> ListExport:
    """Begin a list of the linked friends whom the rule chooses. Raise `RuleError`, `ExportRefused`,
    and `GatewayError` where HubSpot cannot be asked."""
    check_rule(account, rule)
    return _begin(deps, account, name, {"rule": storable(rule)}, actor)


def export_friends(
    deps: Dependencies, account: OfficialAccount, name: str, filters: FriendFilter, actor: str = ""
) -> ListExport:
    """Begin a list of the linked friends that the filters of the friend list show, of all accounts
    of the tenant. Raise as `export_rule`."""
    find_friends(account.installation_id, filters)
    return _begin(deps, account, name, {"filter": filters._asdict()}, actor)


def export_recipients(
    deps: Dependencies, broadcast: Broadcast, name: str, query: RecipientFilter, actor: str = ""
) -> ListExport:
    """Begin a list of a broadcast's recipients that fit the filter. Raise as `export_rule`."""
    source = {"broadcast": broadcast.id, **query._asdict()}
    return _begin(deps, broadcast.official_account, name, source, actor)


def export_list(deps: Dependencies, export_id: int) -> datetime | None:
    """Add one batch of contacts; return when to go on, or None at the end."""
    export = db.session.get(ListExport, export_id)
    installation = Installation.by_id(export.installation_id) if export else None
    if export is None or installation is None or export.state != RUNNING:
        return None
    if not installation.is_alive:
        return utcnow() + PAUSED_WAIT
    try:
        with in_background():
            return _step(deps, export)
    except RuleError as error:
        _fail(export, RULE_BROKEN, "; ".join(str(fault.message) for fault in error.faults))
    except GatewayError as error:
        if error.reason == "rate_limited" and error.retry_at is not None:
            return max(error.retry_at, utcnow() + MIN_WAIT)
        if not error.permanent:
            raise
        is_forbidden = error.reason == "forbidden"
        reason, words = (NOT_ALLOWED, str(NO_SCOPE)) if is_forbidden else ("", error.message)
        _fail(export, reason, words)
    return None


def read_list_name(name: str) -> str:
    """Return a name for a list; raise `InvalidName`."""
    words = " ".join(str(storable(name)).split())
    if not words or len(words) > LONGEST_NAME:
        most = LONGEST_NAME
        raise InvalidName(
            Sentence("Give the list a name of %(most)s characters at most.", most=most)
        )
    return words


def _begin(
    deps: Dependencies, account: OfficialAccount, name: str, source: Mapping[str, Any], actor: str
) -> ListExport:
    words, installation = read_list_name(name), account.installation
    if SCOPE not in installation.scopes:
        raise ExportRefused(NO_SCOPE)
    access = portal_access(deps, installation.id, TIMEOUT)
    if deps.gateways.hubspot.list_by_name(access, words) is not None:
        raise InvalidName(
            Sentence("HubSpot has a list “%(name)s” already. Take another name.", name=words)
        )
    export = ListExport(
        installation_id=installation.id,
        official_account_id=account.id,
        name=words,
        source=dict(source),
        actor=actor,
        started_at=utcnow(),
    )
    with transaction() as session:
        session.add(export)
        session.flush()
        enqueue("export_list", export.id, installation.id)
    return export


def _step(deps: Dependencies, export: ListExport) -> datetime | None:
    access = portal_access(deps, export.installation_id)
    if not export.list_id:
        list_id = _make_list(deps, access, export.name)
        with transaction() as session:
            session.refresh(export)
            export.list_id = list_id
        return utcnow()
    account = db.session.get(OfficialAccount, export.official_account_id)
    if account is None or account.archived_at is not None:
        _fail(export, ACCOUNT_GONE, GONE)
        return None
    after, batch = export.after_id, _next_batch(account, export)
    contact_ids = [contact_id for _, contact_id in batch if contact_id is not None]
    hubspot = deps.gateways.hubspot
    missing = hubspot.add_to_list(access, export.list_id, contact_ids) if contact_ids else ()
    return _note_batch(export, after, batch, len(contact_ids) - len(missing))


def _make_list(deps: Dependencies, access: Portal, name: str) -> str:
    hubspot = deps.gateways.hubspot
    made = hubspot.list_by_name(access, name) or hubspot.create_list(access, name)
    return made.list_id


def _next_batch(account: OfficialAccount, export: ListExport) -> list[tuple[int, int | None]]:
    """Return the ids of the next rows with the ids of their contacts in HubSpot."""
    statement = _selected(account, export)
    key = statement.selected_columns[0]
    ordered = statement.where(key > export.after_id).order_by(key).limit(BATCH_SIZE)
    return [(row_id, contact_id) for row_id, contact_id in db.session.execute(ordered)]


def _selected(account: OfficialAccount, export: ListExport) -> Select[Any]:
    source = export.source
    if "broadcast" in source:
        return _of_recipients(export)
    if "filter" in source:
        filters = FriendFilter(**source["filter"])
        found = find_friends(account.installation_id, filters, one_by_one=True)
        chosen = found.with_only_columns(Friend.id)
    else:
        chosen = select_members(account, source["rule"], export.started_at, one_by_one=True)
    return _with_contact(chosen.outerjoin(Linkage, Linkage.friend_id == Friend.id))


def _of_recipients(export: ListExport) -> Select[Any]:
    source = dict(export.source)
    broadcast_id = source.pop("broadcast")
    chosen = select(Recipient.id).where(*conditions(broadcast_id, RecipientFilter(**source)))
    linked = _with_contact(chosen.outerjoin(Linkage, Linkage.friend_id == Recipient.friend_id))
    # Who was chosen from a HubSpot list and is not linked is named by the id there.
    contact_id = func.coalesce(Contact.contact_id, Recipient.contact_id)
    return linked.with_only_columns(Recipient.id, contact_id)


def _with_contact(statement: Select[Any]) -> Select[Any]:
    there = (Contact.id == Linkage.contact_row_id) & Contact.deleted_at.is_(None)
    return statement.outerjoin(Contact, there).add_columns(Contact.contact_id)


def _note_batch(
    export: ListExport, after: int, batch: list[tuple[int, int | None]], added: int
) -> datetime | None:
    is_last = len(batch) < BATCH_SIZE
    unchanged = update(ListExport).where(
        # Unless it was ended, or another worker noted the same batch.
        ListExport.id == export.id,
        ListExport.state == RUNNING,
        ListExport.after_id == after,
    )
    values = {
        "after_id": batch[-1][0] if batch else after,
        "added": ListExport.added + added,
        "not_linked": ListExport.not_linked + len(batch) - added,
        "state": FINISHED if is_last else RUNNING,
        "finished_at": utcnow() if is_last else None,
    }
    with transaction() as session:
        affected(unchanged.values(values).execution_options(synchronize_session=False))
        session.refresh(export)
    return None if is_last else utcnow()


def _fail(export: ListExport, reason: str, error: str) -> None:
    with transaction() as session:
        session.refresh(export, with_for_update=True)
        if export.state == RUNNING:
            export.state, export.finished_at = FAILED, utcnow()
            export.reason, export.error = reason, error[:500]
