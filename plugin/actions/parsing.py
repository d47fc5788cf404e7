"""HubSpot's bodies, read leniently: fields that are missing are empty, others are ignored."""

from typing import Any

from plugin.services.action_options import OptionsQuery
from plugin.services.executions import Execution


class Unreadable(ValueError):
    """The body lacks what nothing can be done without."""


def execution_of(body: Any) -> Execution:
    """An execution call. Raises `Unreadable` without callbackId, portal or contact."""
    body = _object(body)
    callback_id = body.get("callbackId")
    if not isinstance(callback_id, str) or not 0 < len(callback_id) <= 200:
        raise Unreadable("callbackId")
    contact_id = _number(_object(body.get("object")).get("objectId"))
    portal_id = _number(_object(body.get("origin")).get("portalId"))
    if contact_id is None or portal_id is None:
        raise Unreadable("portalId or objectId")
    return Execution(callback_id, portal_id, contact_id, _inputs(body))


def options_query_of(body: Any) -> OptionsQuery:
    """An options call. `portalId` may stand at the top or in `origin`.

    Where the editor sends the field's own value along, it is what a saved workflow uses.
    """
    body = _object(body)
    portal_id = _number(_object(body.get("origin")).get("portalId") or body.get("portalId"))
    if portal_id is None:
        raise Unreadable("portalId")
    fetch = _object(body.get("fetchOptions"))
    field = str(body.get("inputFieldName") or "")
    saved = _object(_object(body.get("inputFields")).get(field)).get("value")
    told = (fetch.get("q"), fetch.get("after"), saved)
    return OptionsQuery(portal_id, field, *(_text(one)[:200] for one in told))


def _inputs(body: dict[str, Any]) -> dict[str, str]:
    """`inputFields` and `fields` have the same content; values may be text, numbers or bools."""
    fields = _object(body.get("inputFields")) or _object(body.get("fields"))
    return {name: _text(value) for name, value in fields.items()}


def _text(value: Any) -> str:
    """Without what no database takes and no phone shows: NUL, and halves of a character."""
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> int | None:
    """HubSpot's ids exceed 32 bits and may come as text."""
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return int(text) if text.isdecimal() and len(text) <= 18 else None
