"""A small language for flex JSON with places to fill, read in both directions.

In a pattern the text `$title` stands for a value, `{"$if": "title", ...}` for an object that is
there when the value is, `{"$rows": [both, left]}` for an object for each row, and
`{"$buttons": [first, others]}` for one for each button.
"""

from collections.abc import Mapping, Sequence
from typing import Any

# `rows` holds lines like `Left | right`, `actions` LINE's action objects.
Values = dict[str, Any]
Pattern = Any
IF, ROWS, BUTTONS = "$if", "$rows", "$buttons"


def places_in(pattern: Pattern) -> set[str]:
    """Return the names of the values that a pattern has a place for."""
    if isinstance(pattern, dict):
        inside = (places_in(value) for name, value in pattern.items() if name != IF)
        return set().union(*inside, {"rows"} if ROWS in pattern else set())
    if isinstance(pattern, list):
        return set().union(*map(places_in, pattern))
    return {pattern[1:]} if _is_place(pattern) else set()


def filled(pattern: Pattern, values: Mapping[str, Any]) -> Any:
    if isinstance(pattern, dict):
        inner = {name: value for name, value in pattern.items() if name != IF}
        kept = {name: value for name, value in inner.items() if not _is_missing(value, values)}
        return {name: filled(value, values) for name, value in kept.items()}
    if isinstance(pattern, list):
        return [new for item in pattern for new in _items(item, values)]
    return values[pattern[1:]] if _is_place(pattern) else pattern


def read(pattern: Pattern, actual: Any, values: Values) -> bool:
    """Collect the values of a filled pattern. The caller compares what it makes of them."""
    if isinstance(pattern, dict):
        return isinstance(actual, dict) and all(
            read(value, actual[name], values)
            for name, value in pattern.items()
            if name != IF and name in actual
        )
    if isinstance(pattern, list):
        return isinstance(actual, list) and _read_list(pattern, actual, values)
    if _is_place(pattern):
        return bool(values.setdefault(pattern[1:], actual) == actual)
    return bool(pattern == actual)


def _is_place(pattern: Pattern) -> bool:
    return isinstance(pattern, str) and pattern.startswith("$")


def _is_missing(pattern: Pattern, values: Mapping[str, Any]) -> bool:
    return isinstance(pattern, dict) and IF in pattern and not values.get(pattern[IF])


def _items(pattern: Pattern, values: Mapping[str, Any]) -> list[Any]:
    if isinstance(pattern, dict) and ROWS in pattern:
        both, left_only = pattern[ROWS]
        rows = values.get("rows") or []
        return [filled(both if row["right"] else left_only, row) for row in rows]
    if isinstance(pattern, dict) and BUTTONS in pattern:
        return [
            filled(pattern[BUTTONS][min(place, 1)], {**values, "action": action})
            for place, action in enumerate(values.get("actions") or [])
        ]
    return [] if _is_missing(pattern, values) else [filled(pattern, values)]


def _read_list(patterns: Sequence[Pattern], actual: Sequence[Any], values: Values) -> bool:
    remaining = list(actual)
    for pattern in patterns:
        repeated = isinstance(pattern, dict) and (ROWS in pattern or BUTTONS in pattern)
        if repeated:
            _read_repeated(pattern, remaining, values)
        elif remaining and _reads(pattern, remaining[0], values):
            remaining.pop(0)
    return not remaining


def _read_repeated(pattern: Mapping[str, Any], remaining: list[Any], values: Values) -> None:
    name, found = ("rows", pattern.get(ROWS)) if ROWS in pattern else ("actions", pattern[BUTTONS])
    while remaining:
        for shape in found or []:
            inner = {} if name == "rows" else dict(values)
            inner.pop("action", None)
            if read(shape, remaining[0], inner):
                break
        else:
            return
        row = {"right": "", **inner} if name == "rows" else inner.pop("action", None)
        values.setdefault(name, []).append(row)
        remaining.pop(0)


def _reads(pattern: Pattern, actual: Any, values: Values) -> bool:
    found = dict(values)
    if not read(pattern, actual, found):
        return False
    # An optional object is known by its kind and its fixed members.
    if isinstance(pattern, dict) and isinstance(actual, dict) and actual.keys() - pattern.keys():
        return False
    values.update(found)
    return True
