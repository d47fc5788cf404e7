"""The properties that a refused write names, and why: in the message text, or beside it."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from plugin.gateways import PropertyFault

# Kinds where the property itself is the problem, whatever value is written.
STRUCTURAL = ("missing", "read_only")
# HubSpot's message where it gives neither a list nor a context.
ABSENT = re.compile(r'[Pp]roperty "?([a-z][a-z0-9_]*)"? does not exist')
Faults = tuple[PropertyFault, ...]


def faults_in(error: Mapping[str, Any]) -> Faults:
    """Return the properties that an error names, of a whole response or of one row of a batch."""
    # The message ends in a list, `Property values were not valid: [{"name": ..., "error": ...,
    # "message": ...}]`; newer responses have it in `errors`, with the name in the `context`.
    entries = [*_in_text(str(error.get("message") or "")), *_dicts(error.get("errors"))]
    faults = (_fault(entry) for entry in [*entries, error])
    return tuple({fault.name: fault for fault in faults if fault is not None}.values())


def _in_text(message: str) -> list[Mapping[str, Any]]:
    start, end = message.find("["), message.rfind("]")
    try:
        return _dicts(json.loads(message[start : end + 1])) if 0 <= start < end else []
    except ValueError:
        return []


def _dicts(rows: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in rows if isinstance(entry, dict)] if isinstance(rows, list) else []


def _fault(entry: Mapping[str, Any]) -> PropertyFault | None:
    name = entry.get("name") or _named(entry.get("context"))
    if not isinstance(name, str) or not name:
        absent = ABSENT.search(str(entry.get("message") or ""))
        return PropertyFault(absent[1], "missing", absent[0]) if absent else None
    code = str(entry.get("error") or entry.get("code") or entry.get("subCategory") or "").upper()
    return PropertyFault(name, _kind(code), str(entry.get("message") or code or "refused"))


def _kind(code: str) -> Literal["missing", "read_only", "refused"]:
    if "DOESNT_EXIST" in code or "NOT_EXIST" in code:
        return "missing"
    return "read_only" if "READ_ONLY" in code else "refused"


def _named(context: Any) -> Any:
    names = context.get("propertyName") if isinstance(context, dict) else None
    return names[0] if isinstance(names, list) and names else names


def names_of(faults: Iterable[PropertyFault]) -> set[str]:
    return {fault.name for fault in faults}
