"""The fields that a segment's conditions name, and the operators of each type."""

from collections.abc import Mapping
from typing import NamedTuple

from plugin.core.properties import METHODS

# What stands in "value": nothing, one value, one or several, a pair, or a number of days.
NOTHING, ONE, SEVERAL, PAIR, DAYS = "nothing", "one", "several", "pair", "days"

_KNOWN = {"known": NOTHING, "unknown": NOTHING}
_RECENT = {"within_days": DAYS, "not_within_days": DAYS}
_CHOSEN = {"is": ONE, "is_not": ONE, "in": SEVERAL, "not_in": SEVERAL}
_PART = {"contains": ONE, "not_contains": ONE}
_TIMES = {
    "is": ONE, "before": ONE, "after": ONE, "between": PAIR, **_RECENT,
    "more_than_days_ago": DAYS, **_KNOWN,
}  # fmt: skip
_FUTURE = {**_TIMES, "is_not": ONE, "in_next_days": DAYS}

# The operators by type of field, in the order in which they are offered.
OPERATORS: Mapping[str, Mapping[str, str]] = {
    "flag": {"is": ONE, "is_not": ONE},
    "choice": {**_CHOSEN, **_KNOWN},
    "tag": {**_CHOSEN, **_PART, **_KNOWN},
    "moment": _TIMES,
    "text": {**_CHOSEN, **_PART, "starts_with": ONE, "ends_with": ONE, **_KNOWN},
    "number": {
        **_CHOSEN, "gt": ONE, "gte": ONE, "lt": ONE, "lte": ONE, "between": PAIR, **_KNOWN,
    },
    "date": _FUTURE,
    "datetime": _FUTURE,
    "enumeration": {**_CHOSEN, **_KNOWN},
    "multiple": {**_CHOSEN, **_PART, **_KNOWN},
    "boolean": {"is": ONE, "is_not": ONE, **_KNOWN},
    "owner": {**_CHOSEN, **_KNOWN},
    "list": {**_CHOSEN, "joined_within_days": SEVERAL, "left_within_days": SEVERAL},
    "segment": _CHOSEN,
    "qr_code": {**_CHOSEN, **_KNOWN},
    "link": {**_CHOSEN, **_RECENT, **_KNOWN},
    "broadcast": {**_CHOSEN, **_RECENT, **_KNOWN},
    "question": {**_CHOSEN, **_PART, **_RECENT, **_KNOWN},
    "ids": {"in": SEVERAL, "not_in": SEVERAL},
}  # fmt: skip

# These operators hold where the other one does not: also for people without any value.
NEGATIONS = {
    "is_not": "is",
    "not_in": "in",
    "not_contains": "contains",
    "not_within_days": "within_days",
    "unknown": "known",
}
# Types whose `is` and `in` may carry "days": it happened in the last n days.
EVENTS = ("link", "broadcast", "question")
NEED_DAYS = ("joined_within_days", "left_within_days")


class Field(NamedTuple):
    """A field. `choices`: its only values; () where they are not known here."""

    name: str
    type: str
    choices: tuple[str, ...] = ()

    @property
    def operators(self) -> Mapping[str, str]:
        return OPERATORS[self.type]

    @property
    def property_name(self) -> str:
        """The name of the HubSpot property, or ""."""
        named = self.name.startswith(HUBSPOT) and self.name != "hubspot.list"
        return self.name.removeprefix(HUBSPOT) if named else ""

    @property
    def is_of_contact(self) -> bool:
        """Whether it is about the linked contact: friends without one have no value."""
        return self.name.startswith((HUBSPOT, "linkage.", "contact."))


HUBSPOT = "hubspot."
FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("friend.status", "choice", ("following", "blocked", "unknown")),
        Field("friend.language", "choice"),
        Field("friend.followed_at", "moment"),
        Field("friend.tag", "tag"),
        Field("friend.qr_code", "qr_code"),
        Field("friend.line_user_id", "ids"),
        Field("behaviour.tapped", "link"),
        Field("behaviour.answered", "question"),
        Field("behaviour.received", "broadcast"),
        Field("behaviour.last_received", "moment"),
        Field("behaviour.replied", "moment"),
        Field("linkage.linked", "flag"),
        Field("linkage.method", "choice", tuple(name for name, _ in METHODS)),
        Field("linkage.linked_at", "moment"),
        Field("contact.id", "ids"),
        Field("hubspot.list", "list"),
        Field("segment", "segment"),
    )
}
# The types that a synced property can have.
PROPERTY_TYPES = (
    "text", "number", "date", "datetime", "enumeration", "multiple", "boolean", "owner",
)  # fmt: skip


def property_type(hubspot_type: str, field_type: str, *, of_owners: bool) -> str:
    """Return the field type of a HubSpot property by its `type` and `fieldType`."""
    if of_owners:
        return "owner"
    if hubspot_type == "bool" or field_type == "booleancheckbox":
        return "boolean"
    if hubspot_type == "enumeration":
        return "multiple" if field_type == "checkbox" else "enumeration"
    return hubspot_type if hubspot_type in {"number", "date", "datetime"} else "text"


def field_of(name: str, properties: Mapping[str, str]) -> Field | None:
    """Return a field by its name. `properties`: the types of the synced properties by name."""
    known = FIELDS.get(name)
    if known is not None or not name.startswith(HUBSPOT):
        return known
    type_ = properties.get(name.removeprefix(HUBSPOT))
    return Field(name, type_) if type_ is not None else None
