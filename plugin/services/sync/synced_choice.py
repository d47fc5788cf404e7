"""What a tenant keeps of HubSpot: properties and lists are chosen, and removed with their data."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from sqlalchemy import delete, select, text

from plugin.core.clock import utcnow
from plugin.core.synced_values import MOST_LISTS, MOST_PROPERTIES
from plugin.core.text.sentences import Sentence
from plugin.gateways import ContactList, GatewayError, ListedProperty
from plugin.models.audience.contact_values import ContactValues, keeps_anything
from plugin.models.audience.property_sync import PropertySync
from plugin.models.audience.synced_list import FINE as LIST_FINE
from plugin.models.audience.synced_list import REMOVED as LIST_REMOVED
from plugin.models.audience.synced_list import RESTING, ListMembership, SyncedList
from plugin.models.audience.synced_property import FINE, REMOVED, SyncedProperty
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.imports.manage import LIST_ID, TOKEN_TIMEOUT
from plugin.services.sync.synced_definitions import apply_definition, owner_names, refusals
from plugin.services.sync.synced_values import restart_pass

NAME = re.compile(r"[A-Za-z0-9_]{1,100}")
# Rows that one transaction deletes.
AT_ONCE = 5000
SECONDS_AT_ONCE = 1.0
Why = Literal[
    "unknown_property", "refused", "too_many", "not_a_list_id", "unknown_list", "not_contacts"
]


WORDS: Mapping[Why, Sentence] = {
    "unknown_property": Sentence("HubSpot has no contact property “%(item)s”."),
    "refused": Sentence("HubSpot does not let Musubi read “%(item)s”: %(words)s"),
    "too_many": Sentence("At most %(item)s can be kept."),
    "not_a_list_id": Sentence("“%(item)s” is not the ID of a HubSpot list: digits only."),
    "unknown_list": Sentence("HubSpot has no list with the ID %(item)s: %(words)s"),
    "not_contacts": Sentence("The list %(item)s cannot be kept: %(words)s"),
}


class Unfit(ValueError):
    """An item of `field` ("properties", "lists") cannot be kept; `words` are HubSpot's."""

    def __init__(self, field: str, item: str, why: Why, words: str = "") -> None:
        text = WORDS[why].text
        self.field, self.item, self.why = field, item, why
        self.sentence = Sentence(text, item=item, words=words)
        super().__init__(str(self.sentence))


class Choice(NamedTuple):
    """Names of contact properties, and ids of lists."""

    properties: Sequence[str]
    lists: Sequence[str]


def choose(
    deps: Dependencies, installation: Installation, choice: Choice, actor: str, *, only: bool
) -> None:
    """Keep what is chosen; with `only` remove everything else. Raise `Unfit` with nothing changed,
    or `GatewayError`."""
    kept = {row.name for row in SyncedProperty.list_owned(installation.id)}
    kept_lists = {row.list_id for row in SyncedList.list_owned(installation.id)}
    names, list_ids = set(choice.properties), set(choice.lists)
    _check_count("properties", names if only else names | kept, MOST_PROPERTIES)
    _check_count("lists", list_ids if only else list_ids | kept_lists, MOST_LISTS)
    definitions = _definitions(deps, installation, sorted(names - kept))
    lists = [_list(deps, installation.id, list_id) for list_id in sorted(list_ids - kept_lists)]
    access = portal_access(deps, installation.id, TOKEN_TIMEOUT)
    owners = owner_names(deps, access, installation, definitions) if definitions else {}
    with transaction():
        sync = PropertySync.held(installation.id)
        for definition in definitions:
            _add_property(installation.id, definition, owners, actor)
        for listed in lists:
            _add_list(installation.id, listed, actor)
        if definitions or lists:
            _begin(sync, bool(definitions))
        if only:
            _remove(installation.id, kept - names, kept_lists - list_ids)
    _forget_some(installation.id)


def remove(installation_id: int, properties: Sequence[str] = (), lists: Sequence[str] = ()) -> None:
    """Delete these, with their values and memberships."""
    with transaction():
        PropertySync.held(installation_id)
        _remove(installation_id, set(properties), set(lists))
    _forget_some(installation_id)


def find_properties(deps: Dependencies, installation_id: int, query: str) -> list[ListedProperty]:
    """Return the contact properties with the query in their label, name or group."""
    access = portal_access(deps, installation_id, TOKEN_TIMEOUT)
    wanted = query.casefold()
    return [
        row
        for row in deps.gateways.hubspot.listed_properties(access)
        if not row.hidden and wanted in f"{row.label} {row.name} {row.group}".casefold()
    ]


def _check_count(field: str, items: set[str], most: int) -> None:
    if len(items) > most:
        raise Unfit(field, str(most), "too_many")


def _definitions(
    deps: Dependencies, installation: Installation, names: list[str]
) -> list[ListedProperty]:
    if not names:
        return []
    access = portal_access(deps, installation.id, TOKEN_TIMEOUT)
    listed = {row.name: row for row in deps.gateways.hubspot.listed_properties(access)}
    for name in names:
        if name not in listed or not NAME.fullmatch(name):
            raise Unfit("properties", name[:100], "unknown_property")
    try:
        # No contact has this id: HubSpot says whether it would show the properties at all.
        deps.gateways.hubspot.read_contacts(access, ["1"], names)
    except GatewayError as error:
        if not error.permanent:
            raise
        refused = refusals(deps, access, names, 1)
        if not refused:
            raise
        name, words = next(iter(refused.items()))
        raise Unfit("properties", name, "refused", words) from error
    return [listed[name] for name in names]


def _list(deps: Dependencies, installation_id: int, list_id: str) -> ContactList:
    if not LIST_ID.fullmatch(list_id):
        raise Unfit("lists", list_id[:40], "not_a_list_id")
    access = portal_access(deps, installation_id, TOKEN_TIMEOUT)
    try:
        return deps.gateways.hubspot.list_by_id(access, list_id)
    except GatewayError as error:
        if error.reason == "invalid":
            raise Unfit("lists", list_id, "not_contacts", error.message) from error
        if error.reason in ("not_found", "forbidden"):
            raise Unfit("lists", list_id, "unknown_list", error.message) from error
        raise


def _add_property(
    installation_id: int, definition: ListedProperty, owners: Mapping[str, str], actor: str
) -> None:
    own = SyncedProperty.installation_id == installation_id
    statement = select(SyncedProperty).where(own, SyncedProperty.name == definition.name)
    row = db.session.scalar(statement)
    if row is None:
        row = SyncedProperty(installation_id=installation_id, name=definition.name)
        db.session.add(row)
    apply_definition(row, definition, owners)
    row.state, row.error, row.former_label, row.former_type = FINE, "", "", ""
    row.chosen_at, row.chosen_by, row.filled_at = utcnow(), actor[:255], None


def _add_list(installation_id: int, listed: ContactList, actor: str) -> None:
    own = SyncedList.installation_id == installation_id
    row = db.session.scalar(select(SyncedList).where(own, SyncedList.list_id == listed.list_id))
    if row is None:
        row = SyncedList(installation_id=installation_id, list_id=listed.list_id)
        db.session.add(row)
    row.name, row.size, row.state, row.error = listed.name[:255], listed.size, LIST_FINE, ""
    row.chosen_at, row.chosen_by, row.read_at, row.looked_at = utcnow(), actor[:255], None, None
    row.phase = RESTING
    db.session.flush()
    enqueue("sync_list", row.id, installation_id)


def _begin(sync: PropertySync, properties: bool) -> None:
    if properties or sync.passed_at is None:
        restart_pass(sync)
    enqueue("sync_contacts", sync.installation_id, sync.installation_id)
    enqueue("adjust_indexes", "all", 0)


def _remove(installation_id: int, names: set[str], list_ids: set[str]) -> None:
    for row in SyncedProperty.list_owned(installation_id):
        if row.name in names:
            row.state = REMOVED
    for synced in SyncedList.list_owned(installation_id):
        if synced.list_id in list_ids:
            synced.state = LIST_REMOVED
    if names or list_ids:
        enqueue("forget_removed", installation_id, installation_id)
        enqueue("adjust_indexes", "all", 0)


def _forget_some(installation_id: int) -> None:
    """Delete at once what is not too much for one request; a job deletes the rest."""
    end = time.monotonic() + SECONDS_AT_ONCE
    while forget_removed(installation_id) and time.monotonic() < end:
        pass


def forget_removed(installation_id: int) -> bool:
    """Delete some thousand values or memberships that nobody keeps; return True if more are
    left."""
    own = SyncedProperty.installation_id == installation_id
    of_list = SyncedList.installation_id == installation_id
    properties = select(SyncedProperty).where(own, SyncedProperty.state == REMOVED)
    lists = select(SyncedList).where(of_list, SyncedList.state == LIST_REMOVED)
    with transaction():
        sync = PropertySync.held(installation_id)
        row = db.session.scalar(properties.limit(1))
        if row is not None:
            if not _forget_values(installation_id, row.name):
                db.session.delete(row)
            return True
        synced = db.session.scalar(lists.with_for_update().limit(1))
        if synced is not None:
            if not _forget_members(synced):
                db.session.delete(synced)
            return True
        if keeps_anything(installation_id):
            return False
        left = _forget_rows(installation_id)
        if not left:
            db.session.delete(sync)
        return left


def _forget_values(installation_id: int, name: str) -> bool:
    sqlite = db.session().get_bind().dialect.name == "sqlite"
    key = f'$."{name}"' if sqlite else name
    statement = text(_ON_SQLITE if sqlite else _ON_POSTGRESQL)
    values = {"installation": installation_id, "key": key, "most": AT_ONCE}
    return bool(affected(statement.bindparams(**values)))  # type: ignore[arg-type]


def _forget_members(synced: SyncedList) -> bool:
    some = select(ListMembership.contact_row_id).where(ListMembership.synced_list_id == synced.id)
    statement = delete(ListMembership).where(
        ListMembership.synced_list_id == synced.id,
        ListMembership.contact_row_id.in_(some.limit(AT_ONCE)),
    )
    return bool(affected(statement.execution_options(synchronize_session=False)))


def _forget_rows(installation_id: int) -> bool:
    some = select(ContactValues.contact_row_id).where(
        ContactValues.installation_id == installation_id
    )
    statement = delete(ContactValues).where(ContactValues.contact_row_id.in_(some.limit(AT_ONCE)))
    return bool(affected(statement.execution_options(synchronize_session=False)))


_ON_SQLITE = """
    UPDATE contact_values SET "values" = json_remove("values", :key)
    WHERE contact_row_id IN (
        SELECT contact_row_id FROM contact_values
        WHERE installation_id = :installation AND json_type("values", :key) IS NOT NULL
        LIMIT :most
    )
"""
_ON_POSTGRESQL = """
    UPDATE contact_values SET "values" = "values" - CAST(:key AS text)
    WHERE contact_row_id IN (
        SELECT contact_row_id FROM contact_values
        WHERE installation_id = :installation AND jsonb_exists("values", :key)
        ORDER BY contact_row_id LIMIT :most FOR UPDATE
    )
"""
