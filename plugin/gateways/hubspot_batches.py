"""Batches: one bad row must not cost the others, and must be found."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from plugin.gateways import GatewayError

Row = TypeVar("Row")

# Refusals that a single row can be the cause of; anything else concerns the whole call.
_ABOUT_A_ROW = ("invalid", "conflict", "not_found", "refused")
_NAMES = ("objectWriteTraceId", "ids", "id")


def send_or_split(
    send: Callable[[Sequence[Row]], None], rows: Sequence[Row]
) -> list[tuple[Row, GatewayError]]:
    """Send the rows; where HubSpot refuses, halve until only the bad rows are left; name those.

    HubSpot may answer 400 for the whole batch because of one input, without saying which.
    """
    if not rows:
        return []
    try:
        send(rows)
    except GatewayError as error:
        if error.reason not in _ABOUT_A_ROW:
            raise
        if len(rows) == 1:
            return [(rows[0], error)]
    else:
        return []
    middle = len(rows) // 2
    return send_or_split(send, rows[:middle]) + send_or_split(send, rows[middle:])


def partial_errors(answer: Mapping[str, Any]) -> dict[str, tuple[str, bool]]:
    """Errors inside a good answer (200 or 207): id -> (message, whether it was not found).

    An error that names no row is kept under "".
    """
    found: dict[str, tuple[str, bool]] = {}
    for error in answer.get("errors") or ():
        missing = "NOT_FOUND" in str(error.get("category"))
        message = str(error.get("message") or error.get("category") or "refused")
        for name in _named(error.get("context") or {}) or [""]:
            found[name] = (message, missing)
    return found


def _named(context: Mapping[str, Any]) -> list[str]:
    for key in _NAMES:
        value = context.get(key)
        if value:
            return [str(name) for name in (value if isinstance(value, list) else [value])]
    return []
