"""A rule read person by person in plain Python, by the description of its meaning alone."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

OPPOSITES = {
    "is_not": "is",
    "not_in": "in",
    "not_contains": "contains",
    "not_within_days": "within_days",
    "unknown": "known",
}
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?")


@dataclass
class Contact:
    contact_id: int
    method: str
    linked_at: datetime
    values: dict[str, str] = field(default_factory=dict)
    # When each list was joined and left.
    lists: dict[str, tuple[datetime, datetime | None]] = field(default_factory=dict)
    merged_ids: list[int] = field(default_factory=list)


@dataclass
class Person:
    account: int
    user_id: str
    status: str
    status_since: datetime | None
    language: str
    tags: list[str]
    codes: list[int] = field(default_factory=list)
    last_clicked: datetime | None = None
    last_sent: datetime | None = None
    last_received: datetime | None = None
    taps: list[tuple[int, datetime]] = field(default_factory=list)
    got: list[tuple[int, datetime]] = field(default_factory=list)
    answers: list[tuple[str, datetime]] = field(default_factory=list)
    contact: Contact | None = None


SETS: dict[str, Callable[[Person], list[Any]]] = {
    "friend.status": lambda person: [person.status],
    "friend.language": lambda person: [person.language] if person.language else [],
    "friend.tag": lambda person: person.tags,
    "friend.qr_code": lambda person: person.codes,
    "friend.line_user_id": lambda person: [person.user_id],
    "linkage.method": lambda person: [person.contact.method] if person.contact else [],
}
MOMENTS: dict[str, Callable[[Person], datetime | None]] = {
    "friend.followed_at": lambda person: (
        person.status_since if person.status == "following" else None
    ),
    "behaviour.last_received": lambda person: person.last_sent,
    "behaviour.replied": lambda person: person.last_received,
    "linkage.linked_at": lambda person: person.contact.linked_at if person.contact else None,
}
EVENTS: dict[str, Callable[[Person], tuple[list[tuple[int, datetime]], datetime | None]]] = {
    "behaviour.tapped": lambda person: (person.taps, person.last_clicked),
    "behaviour.received": lambda person: (person.got, person.last_sent),
}


@dataclass
class Plain:
    """Reads rules at a moment, in a portal's time zone."""

    now: datetime
    zone: tzinfo
    types: dict[str, str]
    segments: dict[int, Any]

    def holds(self, rule: dict[str, Any], person: Person) -> bool:
        """Whether the rule chooses the person."""
        for kind, decide in (("all", all), ("any", any), ("none", lambda held: not any(held))):
            if kind in rule:
                inner = [self.holds(each, person) for each in rule[kind]]
                return not inner or bool(decide(inner))
        op = rule["op"]
        if op in OPPOSITES:
            return not self._positive({**rule, "op": OPPOSITES[op]}, person)
        return self._positive(rule, person)

    def _positive(self, rule: dict[str, Any], person: Person) -> bool:
        name, op = rule["field"], rule["op"]
        wanted = rule.get("value")
        values = wanted if isinstance(wanted, list) else [wanted]
        if name in SETS:
            return self._chosen(op, values, SETS[name](person))
        if name in MOMENTS:
            return self._time(op, values, MOMENTS[name](person), open_end=True)
        if name in EVENTS:
            events, last = EVENTS[name](person)
            return self._event(rule, values, events, last)
        if name == "behaviour.answered":
            return self._answered(rule, values, person)
        if name == "segment":
            return any(self.holds(self.segments[int(each)], person) for each in values if each)
        if name == "linkage.linked":
            return (person.contact is not None) is wanted
        return person.contact is not None and self._of_contact(rule, values, person.contact)

    def _of_contact(self, rule: dict[str, Any], values: list[Any], contact: Contact) -> bool:
        name, op = rule["field"], rule["op"]
        if name == "contact.id":
            return bool({contact.contact_id, *contact.merged_ids} & set(values))
        if name == "hubspot.list":
            return any(self._in_list(op, contact.lists.get(each), rule) for each in values)
        property_ = name.removeprefix("hubspot.")
        text = contact.values.get(property_, "")
        if not text or op == "known":
            return bool(text)
        return self._property(self.types[property_], op, values, text)

    def _property(self, type_: str, op: str, values: list[Any], text: str) -> bool:
        read = {
            "text": lambda: self._text(op, [folded(str(each)) for each in values], folded(text)),
            "number": lambda: self._number(op, values, text),
            "date": lambda: self._day(op, values, text),
            "datetime": lambda: self._time(op, values, moment(text)),
            "boolean": lambda: folded(text) == str(values[0]).lower(),
            "multiple": lambda: self._chosen(op, values, text.split(";")),
        }
        return read.get(type_, lambda: text in values)()

    def _chosen(self, op: str, wanted: list[Any], present: list[Any]) -> bool:
        if op == "known":
            return bool(present)
        return any(each in present for each in wanted)

    def _text(self, op: str, wanted: list[str], text: str) -> bool:
        if op == "contains":
            return wanted[0] in text
        if op == "starts_with":
            return text.startswith(wanted[0])
        return text.endswith(wanted[0]) if op == "ends_with" else text in wanted

    def _number(self, op: str, wanted: list[Any], text: str) -> bool:
        if len(text) > 100 or not NUMBER.fullmatch(text):
            return False
        number = float(text)
        if op in ("is", "in"):
            return number in wanted
        lowest, highest = wanted[0], wanted[-1]
        return bool(
            {
                "gt": number > lowest,
                "gte": number >= lowest,
                "lt": number < lowest,
                "lte": number <= lowest,
                "between": lowest <= number <= highest,
            }[op]
        )

    def _day(self, op: str, values: list[Any], text: str) -> bool:
        written = iso(text)[:10]
        today = self.now.astimezone(self.zone).date()
        days = timedelta(days=values[0]) if isinstance(values[0], int) else timedelta()
        if not written:
            return False
        limits = {
            "within_days": (str(today - days), str(today)),
            "more_than_days_ago": ("", str(today - days - timedelta(days=1))),
            "in_next_days": (str(today), str(today + days)),
        }
        if op in ("before", "after"):
            return bool(written < values[0] if op == "before" else written > values[0])
        first, last = limits.get(op, (values[0], values[-1]))
        return bool(first <= written <= last)

    def _time(
        self, op: str, values: list[Any], at: datetime | None, *, open_end: bool = False
    ) -> bool:
        if at is None or op == "known":
            return at is not None
        if isinstance(values[0], int):
            days = timedelta(days=values[0])
            if op == "within_days":
                return self.now - days <= at and (open_end or at <= self.now)
            if op == "in_next_days":
                return self.now <= at < self.now + days
            return at < self.now - days
        local = at.astimezone(self.zone).date()
        first, last = (date.fromisoformat(values[index]) for index in (0, -1))
        if op == "before":
            return local < first
        return local > first if op == "after" else first <= local <= last

    def _event(
        self,
        rule: dict[str, Any],
        values: list[Any],
        events: list[tuple[int, datetime]],
        last: datetime | None,
    ) -> bool:
        op = rule["op"]
        if op in ("known", "within_days"):
            return self._time(op, values, last, open_end=True)
        return any(what in values and self._is_recent(at, rule.get("days")) for what, at in events)

    def _answered(self, rule: dict[str, Any], values: list[Any], person: Person) -> bool:
        op = rule["op"]
        if op in ("known", "within_days"):
            days = values[0] if op == "within_days" else None
            return any(self._is_recent(at, days) for _, at in person.answers)
        wanted = [folded(each) for each in values]
        return any(
            self._text(op, wanted, folded(text)) and self._is_recent(at, rule.get("days"))
            for text, at in person.answers
        )

    def _is_recent(self, at: datetime, days: int | None) -> bool:
        return days is None or at >= self.now - timedelta(days=days)

    def _in_list(
        self, op: str, membership: tuple[datetime, datetime | None] | None, rule: dict[str, Any]
    ) -> bool:
        if membership is None:
            return False
        joined, left = membership
        if op == "left_within_days":
            return left is not None and self._is_recent(left, rule["days"])
        return left is None and (
            op != "joined_within_days" or self._is_recent(joined, rule["days"])
        )


def folded(text: str) -> str:
    """Trimmed, with small letters for A to Z."""
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), text.strip(" "))


def iso(text: str) -> str:
    """A date or moment as HubSpot writes them now; "" for anything else."""
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return text[:19]
    if re.fullmatch(r"-?[0-9]+", text) and len(text) <= 14:
        seconds = int(text) // 1000 if text[0] != "-" else -(-int(text) // 1000)
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()[:19]
    return ""


def moment(text: str) -> datetime | None:
    """A moment in UTC, to the second."""
    written = iso(text)
    return datetime.fromisoformat(written).replace(tzinfo=UTC) if written else None
