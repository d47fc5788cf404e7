"""Contact search: filters, one sort, pages, and its own rate limit."""

import json
from collections.abc import Callable
from typing import Any

from plugin.sandbox.hubspot import records, times
from plugin.sandbox.hubspot.api import schema
from plugin.sandbox.hubspot.api.answers import Answer, Body, Refused
from plugin.sandbox.hubspot.api.calls import Call, operation
from plugin.sandbox.hubspot.api.contacts import BASE, READ, shown

Value = dict[str, Any]
MAX_GROUPS, MAX_IN_GROUP, MAX_FILTERS = 5, 6, 18
MAX_PAGE, MAX_TOTAL, MAX_BODY = 200, 10_000, 3_000
SEARCHED = ("email", "firstname", "lastname", "phone", "company")


@operation("POST", f"{BASE}/search", READ, search=True)
def search(call: Call) -> Answer:
    """`{filterGroups, query?, sorts?, properties?, limit?, after?}`; groups are joined by OR."""
    _check(call.body)
    schema.refuse_sensitive(call.world, call.portal, call.body.get("properties"))
    limit, start = int(call.body.get("limit") or 10), int(call.body.get("after") or 0)
    if limit > MAX_PAGE or start + limit > MAX_TOTAL:
        raise Refused(400, f"Pages hold {MAX_PAGE} results, queries {MAX_TOTAL}")
    contacts = _sorted(_candidates(call), call.body.get("sorts") or [])
    results = [
        shown(contact, call.body.get("properties")) for contact in contacts[start : start + limit]
    ]
    body: Body = {"total": len(contacts), "results": results}
    if start + limit < len(contacts):
        body["paging"] = {"next": {"after": str(start + limit)}}
    return body, 200


def _check(body: Body) -> None:
    groups = body.get("filterGroups") or []
    counts = [len(group["filters"]) for group in groups]
    if len(json.dumps(body, ensure_ascii=False)) > MAX_BODY:
        raise Refused(400, f"The request body is longer than {MAX_BODY} characters")
    if len(counts) > MAX_GROUPS or max(counts, default=0) > MAX_IN_GROUP:
        raise Refused(400, f"At most {MAX_GROUPS} filter groups of {MAX_IN_GROUP} filters each")
    if sum(counts) > MAX_FILTERS:
        raise Refused(400, f"At most {MAX_FILTERS} filters")
    if len(body.get("sorts") or []) > 1:
        raise Refused(400, "At most one sort")


def _candidates(call: Call) -> list[Value]:
    groups = call.body.get("filterGroups") or []
    single = groups[0]["filters"] if len(groups) == 1 else []
    # The two most frequent searches need no scan of 100,000 contacts.
    for condition in single:
        if condition["operator"] == "EQ" and condition["propertyName"] in ("email", "hs_object_id"):
            name, value = condition["propertyName"], str(condition["value"])
            match = records.find_by(call.world, call.portal, name, value)
            return [match] if match and _matches(call.body, match) else []
    every = call.world.store.all(f"contact:{call.portal}")
    return [contact for contact in every if _matches(call.body, contact)]


def _matches(body: Body, contact: Value) -> bool:
    properties, groups = contact["properties"], body.get("filterGroups") or []
    searched = " ".join(properties.get(name) or "" for name in SEARCHED).lower()
    if not all(word in searched for word in str(body.get("query") or "").lower().split()):
        return False
    return not groups or any(
        all(
            passes(condition, properties.get(condition["propertyName"]) or "")
            for condition in group["filters"]
        )
        for group in groups
    )


def _order(text: str) -> float | str:
    moment = times.millis(text)
    if moment is not None:
        return float(moment)
    try:
        return float(text)
    except ValueError:
        return text.lower()


def _compare(holds: Callable[[Any, Any], bool]) -> Callable[[Value, str], bool]:
    def check(condition: Value, text: str) -> bool:
        left, right = _order(text), _order(str(condition["value"]))
        return bool(text) and type(left) is type(right) and holds(left, right)

    return check


def _values(condition: Value) -> list[str]:
    return [str(value).lower() for value in condition["values"]]


def _has_token(condition: Value, text: str) -> bool:
    return str(condition["value"]).strip("*").lower() in text.lower()


_OPERATORS: dict[str, Callable[[Value, str], bool]] = {
    "EQ": lambda one, text: text.lower() == str(one["value"]).lower(),
    "NEQ": lambda one, text: text.lower() != str(one["value"]).lower(),
    "HAS_PROPERTY": lambda one, text: bool(text),
    "NOT_HAS_PROPERTY": lambda one, text: not text,
    "IN": lambda one, text: text.lower() in _values(one),
    "NOT_IN": lambda one, text: bool(text) and text.lower() not in _values(one),
    "GT": _compare(lambda left, right: left > right),
    "GTE": _compare(lambda left, right: left >= right),
    "LT": _compare(lambda left, right: left < right),
    "LTE": _compare(lambda left, right: left <= right),
    "CONTAINS_TOKEN": _has_token,
    "NOT_CONTAINS_TOKEN": lambda one, text: not _has_token(one, text),
    "BETWEEN": lambda one, text: (
        _OPERATORS["GTE"](one, text) and _OPERATORS["LTE"]({"value": one["highValue"]}, text)
    ),
}


def passes(condition: Value, text: str) -> bool:
    if condition["operator"] not in _OPERATORS:
        raise Refused(400, f"Unknown operator {condition['operator']}")
    return _OPERATORS[condition["operator"]](condition, text)


def _sorted(contacts: list[Value], sorts: list[Any]) -> list[Value]:
    if not sorts:
        return sorted(contacts, key=lambda contact: int(contact["id"]))
    sort = sorts[0] if isinstance(sorts[0], dict) else {"propertyName": sorts[0]}
    name, descending = sort["propertyName"], sort.get("direction") == "DESCENDING"
    # Values of one property may be numbers and texts; the kind comes first in the key.
    return sorted(contacts, key=lambda contact: _sort_key(contact, name), reverse=descending)


def _sort_key(contact: Value, name: str) -> tuple[str, float | str]:
    value = _order(contact["properties"].get(name) or "")
    return type(value).__name__, value
