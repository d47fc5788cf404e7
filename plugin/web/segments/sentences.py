"""What a rule means, in one sentence: "Friends who are linked and who tapped any link …"."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import format_date, format_datetime, format_decimal, pgettext
from flask_babel import gettext as _

from plugin.core.bidi import isolated
from plugin.core.segments.fields import DAYS, NEGATIONS, Field
from plugin.core.segments.rule import GROUPS
from plugin.core.segments.values import InvalidValue, read_pasted
from plugin.web.segments.clauses import (
    A_DAY,
    OF_FIELD,
    OF_NOT_STATUS,
    OF_PROPERTY,
    OF_STATUS,
    OF_TIME,
    WHEN,
    Clauses,
)
from plugin.web.segments.names import Names, listed

TIMES = ("moment", "date", "datetime")
# More values than these are counted.
SHOWN, LONGEST, DEEPEST = 3, 60, 8


def sentence_of(rule: Any, names: Names) -> str:
    """Say what a rule means. It need not be right: what is not known is said as it stands."""
    clauses = _clauses(rule, names, 0)
    if not clauses:
        return str(_("All friends of the account"))
    kind = next((kind for kind in GROUPS if kind in rule), "all")
    if kind != "none" and len(clauses) == 1 and (inner := _only_group(rule, kind)):
        # A group around a group says nothing more.
        return sentence_of(inner, names)
    if kind == "none":
        return str(_("All friends except those %(clauses)s", clauses=_joined(clauses, "any")))
    return str(_("Friends %(clauses)s", clauses=_joined(clauses, kind)))


def _only_group(rule: Any, kind: str) -> Any:
    """Return the group that is the only part of a group."""
    parts = rule.get(kind) or []
    only = parts[0] if len(parts) == 1 else None
    return only if isinstance(only, dict) and "op" not in only else None


def _clauses(rule: Any, names: Names, depth: int) -> list[str]:
    # The parts of a group, or the one clause of a condition.
    if not isinstance(rule, dict):
        return []
    for kind in GROUPS:
        if isinstance(rule.get(kind), list):
            parts = [_clause(part, names, depth + 1) for part in rule[kind]]
            return [part for part in parts if part]
    return [_condition(rule, names)]


def _clause(rule: Any, names: Names, depth: int) -> str:
    clauses = _clauses(rule, names, depth) if depth < DEEPEST else []
    kind = next((kind for kind in GROUPS if isinstance(rule, dict) and kind in rule), "")
    if not clauses or not kind:
        return clauses[0] if clauses else ""
    if kind == "none":
        inner = _joined(clauses, "any")
        return str(_("who are not among those %(clauses)s", clauses=inner))
    inner = _joined(clauses, kind)
    return (
        str(pgettext("group of clauses", "(%(clauses)s)", clauses=inner)) if clauses[1:] else inner
    )


def _joined(clauses: Sequence[str], kind: str) -> str:
    *before, last = clauses
    if not before:
        return last
    between = str(pgettext("any clause", ", ") if kind == "any" else pgettext("clauses", ", "))
    first = between.join(before)
    if kind == "any":
        return str(pgettext("clauses", "%(first)s or %(last)s", first=first, last=last))
    return str(pgettext("clauses", "%(first)s, and %(last)s", first=first, last=last))


def _condition(rule: Mapping[str, Any], names: Names) -> str:
    name, op = str(rule.get("field") or ""), str(rule.get("op") or "")
    field = names.field(name)
    if field is None or op not in field.operators:
        return str(_("whose %(field)s is compared in a way that is not known", field=name or "?"))
    if field.type == "flag":
        told = (str(rule.get("value")).lower() == "true") == (op == "is")
        return str(OF_FIELD[name]["true" if told else "false"])
    if field.operators[op] == DAYS or field.type in TIMES:
        return _in_time(rule, field, op, names)
    return _with_days(rule, op, _of_value(rule, field, op, names))


def _in_time(rule: Mapping[str, Any], field: Field, op: str, names: Names) -> str:
    clauses = OF_FIELD.get(field.name, OF_TIME)
    if op in ("known", "unknown"):
        return _filled(clauses[op], field=names.label(field.name))
    values = [_day(value) for value in listed(rule.get("value"))] or ["?"]
    days = _days(rule.get("value"))
    positive = NEGATIONS.get(op, op)
    pattern = A_DAY.get(positive, WHEN[positive]) if days == "1" else WHEN[positive]
    when = _filled(pattern, first=values[0], last=values[-1], days=days)
    pattern = clauses["not_when" if op in NEGATIONS else "when"]
    return _filled(pattern, field=names.label(field.name), when=when)


def _of_value(rule: Mapping[str, Any], field: Field, op: str, names: Names) -> str:
    values = listed(rule.get("value"))
    op = {"in": "is", "not_in": "is_not"}.get(op, op)
    if field.name == "friend.status" and len(values) == 1 and op in ("is", "is_not"):
        words: Clauses = OF_STATUS if op == "is" else OF_NOT_STATUS
        if str(values[0]) in words:
            return str(words[str(values[0])])
    clauses = OF_FIELD.get(field.name, {})
    shown = [_value(value, field, names) for value in values]
    return _filled(
        clauses.get(op) or OF_PROPERTY[op],
        field=names.label(field.name),
        value=_any_of(shown),
        first=shown[0] if shown else "?",
        last=shown[-1] if shown else "?",
        count=format_decimal(_how_many(field, rule.get("value"))),
        days=_days(rule.get("days")),
    )


def _with_days(rule: Mapping[str, Any], op: str, clause: str) -> str:
    if rule.get("days") in (None, "") or op.endswith("_days"):
        return clause
    return str(_("%(clause)s in the last %(days)s days", clause=clause, days=_days(rule["days"])))


def _value(value: Any, field: Field, names: Names) -> str:
    name = names.value(field, value)
    if field.type == "number":
        return _number(name)
    name = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    if field.type in ("choice", "enumeration", "multiple", "boolean", "owner"):
        return name
    return str(_("“%(name)s”", name=name))


def _any_of(values: Sequence[str]) -> str:
    if len(values) > SHOWN:
        shown = str(pgettext("values", ", ")).join(values[: SHOWN - 1])
        more = format_decimal(len(values) - SHOWN + 1)
        return str(_("%(shown)s or %(number)s more", shown=shown, number=more))
    if len(values) < 2:
        return values[0] if values else "?"
    shown = str(pgettext("values", ", ")).join(values[:-1])
    return str(pgettext("values", "%(first)s or %(last)s", first=shown, last=values[-1]))


def _how_many(field: Field, value: Any) -> int:
    try:
        return len(read_pasted(field, value).ids) if field.type == "ids" else 0
    except InvalidValue:
        return 0


def _number(text: str) -> str:
    try:
        return str(format_decimal(float(text)))
    except (ValueError, OverflowError):
        return text


def _days(value: Any) -> str:
    text = str(value if value is not None else "?")
    return str(format_decimal(int(text))) if text.isdecimal() and len(text) < 9 else text[:9] or "?"


def _day(value: Any) -> str:
    text = str(value)
    try:
        if len(text) == len("2026-12-24"):
            return str(format_date(date.fromisoformat(text), "long"))
        return str(format_datetime(datetime.fromisoformat(text), "short"))
    except (ValueError, OverflowError):
        return text[:LONGEST]


def _filled(pattern: object, **values: str) -> str:
    # The pattern is a lazy text; its values are names, which must not turn the text around them.
    return str(pattern) % {name: isolated(value) for name, value in values.items()}
