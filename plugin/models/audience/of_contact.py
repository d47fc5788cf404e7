"""SQL of the conditions about a linkage and its contact, for the rows of a linkage joined with the
values of its contact. Each answers a condition's positive operator; NULL stands for false.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from plugin.core.segments.rule import Condition
from plugin.core.segments.times import days_of, span_of
from plugin.models.audience.contact_values import ContactValues
from plugin.models.audience.of_friend import Compiled, ascii_folded, moment_in, position_of
from plugin.models.audience.scope import Scope, among_values, found_by
from plugin.models.audience.synced_list import ListMembership
from plugin.models.audience.texts import (
    as_day,
    as_number,
    as_second,
    folded,
)
from plugin.models.people.contact import Contact
from plugin.models.people.linkage import Linkage


def _linked(condition: Condition, _: Scope) -> ColumnElement[bool]:
    # There is a linkage, by which the contact is looked at.
    return true() if condition.values[0] else ~true()


def _method(condition: Condition, _: Scope) -> ColumnElement[bool]:
    if condition.positive == "known":
        return true()
    found: ColumnElement[bool] = Linkage.method.in_(condition.values)
    return found


def _linked_at(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    return moment_in(Linkage.linked_at, condition, scope)


def _contact_id(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    # The id of a contact that was merged into another one stands for that one.
    row_id = func.coalesce(Contact.merged_into_id, Contact.id)
    named = among_values(Contact.__table__.c.contact_id, condition.values)  # type: ignore[arg-type]
    rows = select(row_id).where(Contact.installation_id == scope.installation_id, named)
    return Linkage.contact_row_id.in_(rows)


def _list(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    list_ids = [scope.lists[str(value)] for value in condition.values]
    rows = select(ListMembership).where(ListMembership.synced_list_id.in_(list_ids))
    since = scope.now - timedelta(days=condition.days or 0)
    if condition.op == "left_within_days":
        rows = rows.where(ListMembership.left_at >= since)
    else:
        rows = rows.where(ListMembership.left_at.is_(None))
    if condition.op == "joined_within_days":
        rows = rows.where(ListMembership.joined_at >= since)
    columns = ListMembership.__table__.c
    found: ColumnElement[bool] = found_by(
        Linkage.__table__.c.contact_row_id, rows, columns.contact_row_id, scope
    )
    return found


def _property(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    text = ContactValues.value(condition.field.property_name)
    if condition.positive == "known":
        return and_(text.is_not(None), text != "")
    compared = _BY_TYPE[condition.field.type](text, condition, scope)
    return func.coalesce(compared, False)


def _text(text: ColumnElement[str], condition: Condition, _: Scope) -> ColumnElement[bool]:
    words = [ascii_folded(str(value)) for value in condition.values]
    op, value = condition.positive, folded(text)
    if op == "starts_with":
        return func.substr(value, 1, len(words[0])) == words[0]
    if op == "ends_with":
        size = len(words[0])
        long_enough = func.length(value) >= size
        return and_(long_enough, func.substr(value, func.length(value) - size + 1) == words[0])
    return position_of(words[0], value) > 0 if op == "contains" else value.in_(words)


def _number(text: ColumnElement[str], condition: Condition, _: Scope) -> ColumnElement[bool]:
    values = [float(value) for value in condition.values]  # type: ignore[arg-type]
    number = as_number(text)
    compared: Mapping[str, ColumnElement[bool]] = {
        "gt": number > values[0],
        "gte": number >= values[0],
        "lt": number < values[0],
        "lte": number <= values[0],
        "between": number.between(values[0], values[-1]),
        "in": number.in_(values),
    }
    return compared[condition.positive]


def _date(text: ColumnElement[str], condition: Condition, scope: Scope) -> ColumnElement[bool]:
    today, values = scope.now.astimezone(scope.zone).date(), condition.values
    days = days_of(condition.positive, values, condition.days, today)  # type: ignore[arg-type]
    before = days.last and days.last + timedelta(days=1)
    return _between(as_day(text), _iso(days.first), _iso(before))


def _datetime(text: ColumnElement[str], condition: Condition, scope: Scope) -> ColumnElement[bool]:
    op, values = condition.positive, condition.values
    span = span_of(op, values, condition.days, scope.now, scope.zone)  # type: ignore[arg-type]
    return _between(as_second(text), _iso(span.start), _iso(span.end))


def _iso(value: date | None) -> str:
    # The year has four digits here, in contrast to strftime's.
    return value.isoformat()[:19] if value else ""


def _between(text: Any, first: str, before: str) -> ColumnElement[bool]:
    limits = [text.is_not(None)]
    limits += [text >= first] if first else []
    limits += [text < before] if before else []
    return and_(*limits)


def _exact(text: ColumnElement[str], condition: Condition, _: Scope) -> ColumnElement[bool]:
    return text.in_([str(value) for value in condition.values])


def _multiple(text: ColumnElement[str], condition: Condition, _: Scope) -> ColumnElement[bool]:
    # HubSpot separates the values by semicolons, and some writers begin with one.
    wrapped = ";" + text + ";"
    return or_(*(position_of(f";{value};", wrapped) > 0 for value in condition.values))


def _boolean(text: ColumnElement[str], condition: Condition, _: Scope) -> ColumnElement[bool]:
    return folded(text) == ("true" if condition.values[0] else "false")


_BY_TYPE: Mapping[str, Any] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "enumeration": _exact,
    "owner": _exact,
    "multiple": _multiple,
    "boolean": _boolean,
}
_NAMED: Mapping[str, Compiled] = {
    "linkage.linked": _linked,
    "linkage.method": _method,
    "linkage.linked_at": _linked_at,
    "contact.id": _contact_id,
    "hubspot.list": _list,
}


def of_contact(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    return _NAMED.get(condition.field.name, _property)(condition, scope)
