"""LINE's error responses as `GatewayError`s."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from plugin.gateways import GatewayError, Reason
from plugin.gateways.errors import classify_status
from plugin.gateways.line.client import LineAnswer

# LINE's message for a push to a user ID of another provider's channels.
_WRONG_PROVIDER = "Failed to send messages"
# LINE documents no Retry-After. Seconds for its rate limits and for a flood to one user; the
# monthly limit may be only reserved by another send in flight, hence minutes (pricing, FAQ).
_WAIT: Mapping[str, int] = {"rate_limited": 3, "user_flood": 60, "monthly_limit": 300}


def refusal(answer: LineAnswer, endpoint: str, now: datetime) -> GatewayError:
    """Classify a response of 3xx, 4xx or 5xx of the Messaging API."""
    body = answer.json() or {}
    message = str(body.get("message") or f"LINE answered {answer.status}")
    reason, permanent = classify_status(answer.status)
    if answer.status == 429:
        reason = _too_many(message, endpoint)
    elif answer.status == 400 and message == _WRONG_PROVIDER:
        reason = "wrong_provider"
    return GatewayError(
        message,
        permanent=permanent,
        reason=reason,
        retry_at=now + timedelta(seconds=_WAIT[reason]) if reason in _WAIT else None,
        status=answer.status,
        request_id=answer.request_id,
        details=_details(body),
    )


def token_refusal(answer: LineAnswer, now: datetime) -> GatewayError:
    """Classify a refusal of the token endpoint, which responds in OAuth's form."""
    body = answer.json() or {}
    reason, permanent = classify_status(answer.status)
    # Any 4xx means that channel ID and secret do not match; LINE often names the wrong one.
    if permanent:
        reason = "unauthorized"
    return GatewayError(
        str(body.get("error_description") or body.get("error") or f"LINE answered {answer.status}"),
        permanent=permanent,
        reason=reason,
        retry_at=now + timedelta(seconds=_WAIT[reason]) if reason in _WAIT else None,
        status=answer.status,
        request_id=answer.request_id,
    )


def _too_many(message: str, endpoint: str) -> Reason:
    # Three conditions share 429 and differ only in the message.
    words = message.lower()
    if "monthly limit" in words:
        return "monthly_limit"
    if "rate limit" in words or endpoint != "push":
        return "rate_limited"
    return "user_flood"


def _details(payload: Mapping[str, Any]) -> tuple[str, ...]:
    details = payload.get("details")
    entries = details if isinstance(details, list) else []
    parts = [part for part in entries if isinstance(part, dict)]
    pairs = ((str(part.get("property") or ""), str(part.get("message") or "")) for part in parts)
    return tuple(": ".join(filter(None, pair)) for pair in pairs if any(pair))
