"""Rules as the builder's tree, and back."""

import re
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from plugin.core.segments.fields import DAYS, EVENTS, NEED_DAYS, NOTHING, ONE, PAIR, Field
from plugin.core.segments.rule import GROUPS, RuleFault
from plugin.web.language import in_words
from plugin.web.segments.names import Names, listed
from plugin.web.segments.tree import Node, fault_at
from plugin.web.segments.words import offered

Rule = dict[str, Any]
SEPARATOR = re.compile(r"[\s,;]+")
# The operator and the value of a condition that was just added.
BEGINNINGS = {"friend.status": "following", "linkage.linked": "true"}
DAYS_AT_FIRST = "30"


def node_of(rule: Any) -> Node:
    """Return a stored rule as the builder's tree; a lone condition becomes a group."""
    node = _node(rule)
    return node if node.kind else Node("all", parts=[node])


def rule_of(node: Node, names: Names) -> Rule:
    """Return the tree as a rule, right or not; `core.segments.rule` says what is wrong."""
    if node.kind:
        return {node.kind: [rule_of(part, names) for part in node.parts]}
    field = names.field(node.field)
    rule: Rule = {"field": node.field, "op": node.op}
    shape = field.operators.get(node.op, NOTHING) if field else ONE
    if shape != NOTHING:
        rule["value"] = _value(node, field, shape)
    if node.days.strip() and (field is None or takes_days(field, node.op)):
        rule["days"] = _number(node.days)
    return rule


def takes_days(field: Field, op: str) -> bool:
    """Whether a number of days may stand beside the value."""
    if op in NEED_DAYS:
        return True
    return field.type in EVENTS and field.operators.get(op, NOTHING) not in (NOTHING, DAYS)


def new_condition(name: str, names: Names) -> Node | None:
    """Return the condition that a field of the menu begins with."""
    field = names.field(name)
    if field is None:
        return None
    op = offered(field, "")[0]
    if field.type in ("moment", "date", "datetime"):
        return Node(field=name, op="within_days", values=[DAYS_AT_FIRST])
    if field.type in ("link", "broadcast"):
        return Node(field=name, op="within_days", values=[DAYS_AT_FIRST])
    first = BEGINNINGS.get(name)
    return Node(field=name, op=op, values=[first] if first else [])


def settle(node: Node, names: Names) -> None:
    """Drop what the newly chosen operator does not take: days where a name stood before."""
    field = names.field(node.field)
    shape = field.operators.get(node.op, NOTHING) if field else NOTHING
    text = node.value.strip()
    if shape == DAYS and not (text.isascii() and text.isdecimal()):
        node.values = [DAYS_AT_FIRST]
    if shape == NOTHING:
        node.values = []
    if field is not None and node.op in NEED_DAYS and not node.days:
        node.days = DAYS_AT_FIRST


def note_faults(root: Node, faults: Sequence[RuleFault]) -> list[str]:
    """Write each fault to the node that it is about; return those about the whole rule."""
    whole: list[str] = []
    for fault in faults:
        node, control = fault_at(root, fault.path)
        words = in_words(fault.message)
        if node is root:
            whole.append(words)
        elif words not in node.faults.setdefault(control, []):
            node.faults[control].append(words)
    return whole


def in_place(label: str, words: str) -> str:
    return str(_("%(place)s: %(problem)s", place=label, problem=words)) if label else words


def _node(rule: Any) -> Node:
    if not isinstance(rule, dict):
        return Node("all")
    for kind in GROUPS:
        if isinstance(rule.get(kind), list):
            return Node(kind, parts=[_node(part) for part in rule[kind]])
    values = [_text(value) for value in listed(rule.get("value"))]
    name, op = str(rule.get("field") or ""), str(rule.get("op") or "")
    until = ""
    if op == "between" and len(values) == 2:
        values, until = values[:1], values[1]
    days = "" if rule.get("days") is None else _text(rule["days"])
    return Node(field=name, op=op, values=values, until=until, days=days)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)


def _value(node: Node, field: Field | None, shape: str) -> Any:
    if shape == DAYS:
        return _number(node.value)
    if shape == PAIR:
        return [_typed(node.value, field), _typed(node.until, field)]
    if shape == ONE:
        return _typed(node.value, field)
    if field is not None and field.type == "ids":
        return [word for value in node.values for word in SEPARATOR.split(value) if word]
    lines = [line.strip() for value in node.values for line in value.splitlines()]
    return [_typed(line, field) for line in lines if line]


def _typed(text: str, field: Field | None) -> Any:
    text = text.strip()
    if field is not None and field.type == "flag":
        return {"true": True, "false": False}.get(text, text)
    return _number(text) if field is not None and field.type == "number" else text


def _number(text: str) -> Any:
    text = text.strip()
    if text.removeprefix("-").isascii() and text.removeprefix("-").isdecimal() and len(text) < 16:
        return int(text)
    return text
