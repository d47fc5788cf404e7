"""Batches whose bad rows are found without losing the good ones."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from plugin.gateways import GatewayError
from plugin.gateways.hubspot.property_faults import Faults, faults_in

Row = TypeVar("Row")

# Reasons that a single row can cause; any other concerns the whole call.
_ROW_REASONS = ("invalid", "conflict", "not_found", "refused")
_ID_KEYS = ("objectWriteTraceId", "ids", "id")


def send_or_split(
    send: Callable[[Sequence[Row]], None], rows: Sequence[Row]
) -> list[tuple[Row, GatewayError]]:
    """Return the refused rows. HubSpot may answer 400 for a whole batch because of one row, without
    naming it, so a refused batch is halved until only the bad rows are left."""
    if not rows:
        return []
    try:
        send(rows)
    except GatewayError as error:
        if error.reason not in _ROW_REASONS:
            raise
        if len(rows) == 1:
            return [(rows[0], error)]
    else:
        return []
    middle = len(rows) // 2
    return send_or_split(send, rows[:middle]) + send_or_split(send, rows[middle:])


def partial_errors(answer: Mapping[str, Any]) -> dict[str, tuple[str, bool]]:
    """Return the errors inside a 200 or 207: id -> (message, not found); "" if no id is named."""
    errors: dict[str, tuple[str, bool]] = {}
    for error in answer.get("errors") or ():
        missing = "NOT_FOUND" in str(error.get("category"))
        message = str(error.get("message") or error.get("category") or "refused")
        for name in _ids_in(error.get("context") or {}) or [""]:
            errors[name] = (message, missing)
    return errors


def partial_faults(answer: Mapping[str, Any]) -> dict[str, Faults]:
    """Return the properties named by errors inside a 200 or 207, by id like `partial_errors`."""
    faults_by_id: dict[str, Faults] = {}
    for error in answer.get("errors") or ():
        if faults := faults_in(error):
            faults_by_id |= dict.fromkeys(_ids_in(error.get("context") or {}) or [""], faults)
    return faults_by_id


def _ids_in(context: Mapping[str, Any]) -> list[str]:
    for key in _ID_KEYS:
        value = context.get(key)
        if value:
            return [str(name) for name in (value if isinstance(value, list) else [value])]
    return []
