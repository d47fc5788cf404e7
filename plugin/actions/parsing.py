"""Parse HubSpot's bodies leniently: missing fields are empty, unknown ones are ignored."""

from typing import Any

from plugin.core.object_types import is_contact
from plugin.core.text.clean import storable
from plugin.services.actions.options import OptionsQuery
from plugin.services.executions.execution import Execution

# Fields with one value per line.
LINES = frozenset({"buttons", "choices", "quick_replies"})


class Unreadable(ValueError):
    """The body lacks a required field."""


def execution_of(body: Any) -> Execution:
    """Parse an execution call. Raise `Unreadable` without callbackId, portal or contact."""
    body = _object(body)
    callback_id = storable(body.get("callbackId"))
    if not isinstance(callback_id, str) or not 0 < len(callback_id) <= 200:
        raise Unreadable("callbackId")
    enrolled = _object(body.get("object"))
    contact_id = _number(enrolled.get("objectId"))
    portal_id = _number(_object(body.get("origin")).get("portalId"))
    if contact_id is None or portal_id is None:
        raise Unreadable("portalId or objectId")
    other = _other_object(enrolled.get("objectType"), enrolled.get("objectTypeId"))
    return Execution(callback_id, portal_id, contact_id, _inputs(body), other)


def options_query_of(body: Any) -> OptionsQuery:
    """Parse an options call. `portalId` may be at the top or in `origin`."""
    body = _object(body)
    portal_id = _number(_object(body.get("origin")).get("portalId") or body.get("portalId"))
    if portal_id is None:
        raise Unreadable("portalId")
    fetch = _object(body.get("fetchOptions"))
    field = str(body.get("inputFieldName") or "")
    # The editor may send the field's present value: the one that a saved workflow uses.
    saved = _object(_object(body.get("inputFields")).get(field)).get("value")
    search, after, chosen = (
        _text(value)[:200] for value in (fetch.get("q"), fetch.get("after"), saved)
    )
    of_contacts = is_contact(body.get("objectTypeId"))
    return OptionsQuery(portal_id, field, search, after, chosen, of_contacts)


def _other_object(*spellings: Any) -> str:
    if is_contact(*spellings):
        return ""
    return next(_text(spelling)[:40] for spelling in spellings if not is_contact(spelling))


def _inputs(body: dict[str, Any]) -> dict[str, str]:
    # Both have the same content; values may be text, numbers or bools.
    fields = _object(body.get("inputFields")) or _object(body.get("fields"))
    return {
        str(storable(name)): _text(value, "\n" if name in LINES else ", ")
        for name, value in fields.items()
    }


def _text(value: Any, between: str = ", ") -> str:
    """Return a value as text that every database takes; several values with `between` them."""
    # A property with several choices may come as a list, a value with its type as an object.
    if isinstance(value, list):
        return between.join(filter(None, (_text(item, between) for item in value)))
    if isinstance(value, dict):
        return _text(value.get("value"), between)
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return str(storable(text))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> int | None:
    # HubSpot's ids exceed 32 bits and may come as text.
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return int(text) if text.isdecimal() and len(text) <= 18 else None
