"""LINE's refusals in our words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from plugin.gateways import GatewayError, Reason
from plugin.gateways.line_client import LineAnswer

_BY_STATUS: Mapping[int, tuple[Reason, bool]] = {
    400: ("invalid", True),
    401: ("unauthorized", True),
    403: ("forbidden", True),
    404: ("not_found", True),
    408: ("unavailable", False),
    409: ("conflict", True),
    429: ("rate_limited", False),
}
# LINE documents no Retry-After. Seconds for its rate limits and for a flood to one user; the
# month's limit may be only reserved by another send in flight, hence minutes (pricing, FAQ).
_WAIT: Mapping[str, int] = {"rate_limited": 3, "user_flood": 60, "monthly_limit": 300}


def refusal(answer: LineAnswer, endpoint: str, now: datetime) -> GatewayError:
    """The verdict on an answer of 3xx, 4xx or 5xx of the Messaging API."""
    said = answer.json() or {}
    message = str(said.get("message") or f"LINE answered {answer.status}")
    reason, permanent = _verdict(answer.status)
    if answer.status == 429:
        reason = _too_many(message, endpoint)
    return GatewayError(
        message,
        permanent=permanent,
        reason=reason,
        retry_at=now + timedelta(seconds=_WAIT[reason]) if reason in _WAIT else None,
        status=answer.status,
        request_id=answer.request_id,
        details=_details(said),
    )


def token_refusal(answer: LineAnswer, now: datetime) -> GatewayError:
    """The same for the token endpoint, which answers in OAuth's form.

    Any 4xx says that channel ID and secret do not belong together; LINE often names the wrong one.
    """
    said = answer.json() or {}
    reason, permanent = _verdict(answer.status)
    if permanent:
        reason = "unauthorized"
    return GatewayError(
        str(said.get("error_description") or said.get("error") or f"LINE answered {answer.status}"),
        permanent=permanent,
        reason=reason,
        retry_at=now + timedelta(seconds=_WAIT[reason]) if reason in _WAIT else None,
        status=answer.status,
        request_id=answer.request_id,
    )


def _verdict(status: int) -> tuple[Reason, bool]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return ("refused", True) if 400 <= status < 500 else ("unavailable", False)


def _too_many(message: str, endpoint: str) -> Reason:
    """Three conditions share 429 and differ in their words only."""
    words = message.lower()
    if "monthly limit" in words:
        return "monthly_limit"
    if "rate limit" in words or endpoint != "push":
        return "rate_limited"
    return "user_flood"


def _details(said: Mapping[str, Any]) -> tuple[str, ...]:
    details = said.get("details")
    found = details if isinstance(details, list) else []
    parts = [part for part in found if isinstance(part, dict)]
    pairs = ((str(part.get("property") or ""), str(part.get("message") or "")) for part in parts)
    return tuple(": ".join(filter(None, pair)) for pair in pairs if any(pair))
