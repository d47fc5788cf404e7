"""Reads a segment's rule from JSON, and says what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date
from typing import Any

from plugin.core.segments.fields import (
    DAYS,
    EVENTS,
    NEED_DAYS,
    NOTHING,
    ONE,
    PAIR,
    Field,
    field_of,
)
from plugin.core.segments.rule import EVERYBODY, GROUPS, Condition, Group, Rule, RuleFault
from plugin.core.segments.values import (
    MOST_VALUES,
    InvalidValue,
    Value,
    named,
    read_days,
    read_pasted,
    read_value,
)
from plugin.core.text.clean import storable
from plugin.core.text.sentences import Sentence

PARTS = ("field", "op", "value", "days")
DEEPEST, MOST_CONDITIONS, MOST_FAULTS = 5, 100, 100


@dataclass
class Reading:
    """A rule as it was read: None where it has faults. `notes` are no faults: ignored ids."""

    rule: Rule | None = None
    faults: list[RuleFault] = attribute(default_factory=list)
    notes: list[RuleFault] = attribute(default_factory=list)


def read_rule(raw: Any, properties: Mapping[str, str]) -> Reading:
    """Read a rule. `properties`: the types of the synced properties by name."""
    return _Reader(properties).read(raw)


class _Refused(Exception):
    """The rest of a condition or group cannot be read."""

    def __init__(self, path: str, message: Sentence) -> None:
        super().__init__(path)
        self.fault = RuleFault(path, message)


class _Reader:
    def __init__(self, properties: Mapping[str, str]) -> None:
        self._properties = properties
        self._reading = Reading()
        self._conditions = 0

    def read(self, raw: Any) -> Reading:
        rule = self._rule(raw, "", 1)
        if self._conditions > MOST_CONDITIONS:
            words = Sentence("A segment has at most %(most)s conditions.", most=MOST_CONDITIONS)
            self._note_fault(RuleFault("", words))
        self._reading.rule = None if self._reading.faults else rule
        return self._reading

    def _rule(self, raw: Any, path: str, depth: int) -> Rule | None:
        try:
            kinds = _kinds_of(raw, path)
            return self._group(raw, kinds[0], path, depth) if kinds else self._condition(raw, path)
        except _Refused as refusal:
            self._note_fault(refusal.fault)
            return None

    def _group(self, raw: dict[str, Any], kind: str, path: str, depth: int) -> Rule:
        place, rules = _join(path, kind), raw[kind]
        if len(raw) > 1 or not isinstance(rules, list):
            raise _Refused(path, Sentence("A group holds one list: “all”, “any” or “none”."))
        if depth > DEEPEST:
            words = Sentence("Groups are nested at most %(most)s deep.", most=DEEPEST)
            raise _Refused(place, words)
        if not rules and path:
            raise _Refused(place, Sentence("Add a condition, or remove this group."))
        read = [self._rule(raw, f"{place}.{index}", depth + 1) for index, raw in enumerate(rules)]
        return Group(kind, tuple(filter(None, read))) if rules else EVERYBODY

    def _condition(self, raw: dict[str, Any], path: str) -> Rule | None:
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            return None
        unknown = [key for key in raw if key not in PARTS]
        if unknown:
            words = Sentence("A condition has no “%(part)s”.", part=str(storable(unknown[0]))[:50])
            raise _Refused(path, words)
        name, op = raw.get("field"), raw.get("op")
        field = field_of(name, self._properties) if isinstance(name, str) else None
        if field is None:
            raise _Refused(_join(path, "field"), _unknown_field(name))
        if not isinstance(op, str) or op not in field.operators:
            words = Sentence(
                "“%(field)s” is compared by: %(operators)s.",
                field=field.name,
                operators=", ".join(field.operators),
            )
            raise _Refused(_join(path, "op"), words)
        days = self._days_of(raw, path, field, op)
        shape, place = field.operators[op], _join(path, "value")
        values = () if shape == DAYS else self._values(raw.get("value"), place, field, shape)
        return Condition(path, field, op, values, days)

    def _days_of(self, raw: dict[str, Any], path: str, field: Field, op: str) -> int | None:
        """Read the number of days, which is the value of some comparisons and limits others."""
        shape = field.operators[op]
        given, place = raw.get("days"), _join(path, "days")
        if shape == DAYS and given is None:
            given, place = raw.get("value"), _join(path, "value")
        elif given is None and op not in NEED_DAYS:
            return None
        elif op not in NEED_DAYS and (field.type not in EVENTS or shape == NOTHING):
            words = Sentence("“%(operator)s” takes no number of days here.", operator=op)
            raise _Refused(place, words)
        try:
            return read_days(given)
        except InvalidValue as error:
            raise _Refused(place, error.message) from error

    def _values(self, raw: Any, place: str, field: Field, shape: str) -> tuple[Value, ...]:
        if shape == NOTHING:
            if raw not in (None, "", []):
                raise _Refused(place, Sentence("This comparison takes no value."))
            return ()
        if field.type == "ids":
            return self._pasted(raw, place, field)
        given = raw if isinstance(raw, list) and shape != ONE else [raw]
        _check_number(given, shape, place)
        # A fault in a list names its place there.
        places = [f"{place}.{index}" for index in range(len(given))] if given is raw else [place]
        read = [self._value(field, item, at) for item, at in zip(given, places, strict=True)]
        values = tuple(value for value in read if value is not None)
        if shape == PAIR and len(values) == 2 and _is_reversed(*values):
            raise _Refused(place, Sentence("The first value is after the second."))
        return values

    def _value(self, field: Field, raw: Any, place: str) -> Value | None:
        try:
            return read_value(field, raw)
        except InvalidValue as error:
            self._note_fault(RuleFault(place, error.message))
            return None

    def _pasted(self, raw: Any, place: str, field: Field) -> tuple[Value, ...]:
        try:
            pasted = read_pasted(field, raw)
        except InvalidValue as error:
            raise _Refused(place, error.message) from error
        if not pasted.ids:
            raise _Refused(place, Sentence("There is no ID among these."))
        if pasted.garbage:
            words = Sentence(
                "%(count)s of these are no IDs and are ignored: %(garbage)s",
                count=len(pasted.garbage),
                garbage=named(pasted.garbage),
            )
            self._reading.notes.append(RuleFault(place, words))
        return pasted.ids

    def _note_fault(self, fault: RuleFault) -> None:
        if len(self._reading.faults) < MOST_FAULTS:
            self._reading.faults.append(fault)


def _kinds_of(raw: Any, path: str) -> list[str]:
    if not isinstance(raw, dict):
        raise _Refused(path, Sentence("This is neither a condition nor a group."))
    return [kind for kind in GROUPS if kind in raw]


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _check_number(given: list[Any], shape: str, place: str) -> None:
    if shape == PAIR and len(given) != 2:
        raise _Refused(place, Sentence("Write two values."))
    if not given:
        raise _Refused(place, Sentence("Write a value."))
    if len(given) > MOST_VALUES:
        raise _Refused(place, Sentence("At most %(most)s values.", most=MOST_VALUES))


def _is_reversed(first: Any, second: Any) -> bool:
    if isinstance(first, date) and isinstance(second, date):
        # A day and a moment are compared by their days.
        texts = first.isoformat(), second.isoformat()
        shortest = min(map(len, texts))
        return texts[0][:shortest] > texts[1][:shortest]
    return bool(first > second)


def _unknown_field(name: Any) -> Sentence:
    if not isinstance(name, str) or not name:
        return Sentence("Choose a field.")
    if name.startswith("hubspot."):
        return Sentence(
            "The property “%(name)s” is not synced. Choose it on the page “Sync” first.",
            name=name.removeprefix("hubspot.")[:100],
        )
    return Sentence("There is no field “%(name)s”.", name=name[:100])
