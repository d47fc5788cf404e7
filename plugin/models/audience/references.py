"""What the conditions of a tenant's segments can name."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, select

from plugin.core.segments.fields import property_type
from plugin.core.segments.rule import Condition, Rule, RuleFault, conditions_of
from plugin.core.text.sentences import Sentence
from plugin.models.audience.synced_list import MISSING as LIST_MISSING
from plugin.models.audience.synced_list import SyncedList
from plugin.models.audience.synced_property import MISSING, SyncedProperty
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.tag import Tag
from plugin.models.sending.link_target import LinkTarget

GONE = {
    "qr_code": Sentence("This QR code is gone."),
    "link": Sentence("This link is gone."),
    "broadcast": Sentence("This broadcast is gone."),
}


def types_of_properties(installation_id: int) -> dict[str, str]:
    """Return the field types of the synced properties by name."""
    return {
        row.name: property_type(row.type, row.field_type, of_owners=row.of_owners)
        for row in SyncedProperty.list_owned(installation_id)
    }


def list_rows(installation_id: int) -> dict[str, int]:
    """Return our row ids of the synced lists by HubSpot's id."""
    return {row.list_id: row.id for row in SyncedList.list_owned(installation_id)}


def tags_of(installation_id: int, conditions: Iterable[Condition]) -> dict[str, Tag]:
    """Return the tags that the conditions name, as far as they exist."""
    named = [each for each in conditions if each.field.name == "friend.tag"]
    return Tag.by_name(installation_id, {str(value) for each in named for value in each.values})


def missing_references(account: OfficialAccount, rule: Rule) -> list[RuleFault]:
    """Return a fault for each property, list, QR code, link or broadcast that is gone."""
    conditions = list(conditions_of(rule))
    return [
        *_missing_properties(account.installation_id, conditions),
        *_missing_lists(account.installation_id, conditions),
        *(fault for type_ in GONE for fault in _missing_rows(account, type_, conditions)),
    ]


def _missing_properties(
    installation_id: int, conditions: Iterable[Condition]
) -> Iterable[RuleFault]:
    used = [condition for condition in conditions if condition.field.property_name]
    if not used:
        return
    missing = SyncedProperty.owned(installation_id).where(SyncedProperty.state == MISSING)
    labels = {row.name: row.label or row.name for row in db.session.scalars(missing)}
    for condition in used:
        label = labels.get(condition.field.property_name)
        if label:
            words = Sentence("HubSpot has no property “%(name)s” any more.", name=label)
            yield RuleFault(place(condition, "field"), words)


def _missing_lists(installation_id: int, conditions: Iterable[Condition]) -> Iterable[RuleFault]:
    used = [condition for condition in conditions if condition.field.type == "list"]
    if not used:
        return
    lists = {row.list_id: row for row in SyncedList.list_owned(installation_id)}
    for condition in used:
        for list_id in map(str, condition.values):
            row = lists.get(list_id)
            if row is None:
                words = Sentence("This list is not synced. Choose it on the page “Sync” first.")
                yield RuleFault(place(condition, "value"), words)
            elif row.state == LIST_MISSING:
                words = Sentence("HubSpot has no list “%(name)s” any more.", name=row.name)
                yield RuleFault(place(condition, "value"), words)


def _missing_rows(
    account: OfficialAccount, type_: str, conditions: Iterable[Condition]
) -> Iterable[RuleFault]:
    used = [condition for condition in conditions if condition.field.type == type_]
    named = {value for condition in used for value in condition.values}
    found = set(db.session.scalars(_ROWS[type_](account.id, named))) if named else set()
    for condition in used:
        if not found.issuperset(condition.values):
            yield RuleFault(place(condition, "value"), GONE[type_])


def _codes(account_id: int, ids: Any) -> Select[Any]:
    return select(QRCode.id).where(QRCode.official_account_id == account_id, QRCode.id.in_(ids))


def _links(account_id: int, ids: Any) -> Select[Any]:
    # An address with a friend's own text in it is no address that others are asked about.
    return select(LinkTarget.id).where(
        LinkTarget.official_account_id == account_id,
        LinkTarget.friend_id.is_(None),
        LinkTarget.id.in_(ids),
    )


def _broadcasts(account_id: int, ids: Any) -> Select[Any]:
    owned = select(Broadcast.id).where(Broadcast.official_account_id == account_id)
    return owned.where(Broadcast.id.in_(ids))


_ROWS: Mapping[str, Any] = {"qr_code": _codes, "link": _links, "broadcast": _broadcasts}


def place(condition: Condition, part: str) -> str:
    return f"{condition.path}.{part}" if condition.path else part
