"""HubSpot's refusals in our words: what it said, whether repeating helps, and from when."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from plugin.gateways import GatewayError, Reason

_BY_STATUS: Mapping[int, tuple[Reason, bool]] = {
    400: ("invalid", True),
    # The next call may carry a fresher token, so not permanent; nobody refreshes because of it.
    401: ("unauthorized", False),
    403: ("forbidden", True),
    404: ("not_found", True),
    408: ("unavailable", False),
    409: ("conflict", True),
    423: ("unavailable", False),
    429: ("rate_limited", False),
    477: ("unavailable", False),
}
# By policyName. API answers carry no documented Retry-After (usage guidelines).
_RATE_WAIT = {"SECONDLY": 1, "TEN_SECONDLY_ROLLING": 10, "DAILY": 3600}
_REVOKED = {"INVALID_GRANT", "BAD_REFRESH_TOKEN", "BAD_HUB", "ACCESS_DENIED"}
_BAD_CODE = {"INVALID_GRANT", "BAD_AUTH_CODE"}
_PASSING = ("rate_limited", "unavailable")
_OURS = {"INVALID_CLIENT", "BAD_CLIENT_ID", "BAD_CLIENT_SECRET", "BAD_REDIRECT_URI"}


class HubSpotRefusal(GatewayError):
    """A `GatewayError` that remembers HubSpot's code words, in capitals."""

    codes: frozenset[str] = frozenset()


def refusal(
    status: int,
    headers: Mapping[str, str] | None,
    body: bytes | None,
    now: datetime,
    *,
    search: bool,
) -> HubSpotRefusal:
    """The verdict on an answer of 3xx, 4xx or 5xx."""
    said = _json(body)
    reason, permanent = _verdict(status)
    error = HubSpotRefusal(
        str(said.get("message") or said.get("error_description") or f"HubSpot answered {status}"),
        permanent=permanent,
        reason=reason,
        retry_at=_retry_at(status, headers or {}, said, now, search=search),
        status=status,
        request_id=str(said.get("correlationId") or ""),
        details=_details(said),
    )
    words = (said.get(key) for key in ("error", "status", "message", "category"))
    error.codes = frozenset(str(word).upper() for word in words if word)
    return error


def refresh_verdict(error: HubSpotRefusal) -> GatewayError:
    """What a refused token call means. Only clear words of HubSpot's count as "revoked".

    Our own wrong secret must never look like all portals leaving at once; it is not permanent
    either, since it works again as soon as a person has put it right.
    """
    if error.status is None or not 400 <= error.status < 500 or error.reason in _PASSING:
        return error
    if error.codes & _REVOKED and not error.codes & (_OURS | {"BAD_AUTH_CODE"}):
        return _again(error, "revoked", permanent=True)
    return _again(error, "configuration", permanent=False)


def exchange_verdict(error: HubSpotRefusal) -> GatewayError:
    """The same for the first exchange, where a used or expired code is the person's to repeat."""
    if error.status == 400 and error.codes & _BAD_CODE and not error.codes & _OURS:
        return _again(error, "invalid", permanent=True)
    return refresh_verdict(error)


def _again(error: HubSpotRefusal, reason: Reason, *, permanent: bool) -> GatewayError:
    return GatewayError(
        error.message,
        permanent=permanent,
        reason=reason,
        status=error.status,
        request_id=error.request_id,
        details=error.details,
    )


def _verdict(status: int) -> tuple[Reason, bool]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return ("refused", True) if 400 <= status < 500 else ("unavailable", False)


def _retry_at(
    status: int, headers: Mapping[str, str], said: Mapping[str, Any], now: datetime, *, search: bool
) -> datetime | None:
    if status == 429:
        wait = 1 if search else 10
        return now + timedelta(seconds=_RATE_WAIT.get(str(said.get("policyName")), wait))
    if status == 423:
        return now + timedelta(seconds=2)
    if status == 477:
        # The account moves to another region, for up to a day; this header counts seconds.
        return now + timedelta(seconds=min(_number(headers.get("Retry-After"), 600), 86_400))
    return None


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.strip().isdecimal() else default


def _json(body: bytes | None) -> dict[str, Any]:
    try:
        said = json.loads(body or b"")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _details(said: Mapping[str, Any]) -> tuple[str, ...]:
    errors = said.get("errors")
    parts = [part for part in errors if isinstance(part, dict)] if isinstance(errors, list) else []
    words = [str(part["message"]) for part in parts if part.get("message")]
    for part in (said, *parts):
        context = part.get("context")
        scopes = context.get("requiredGranularScopes") if isinstance(context, dict) else None
        if isinstance(scopes, list):
            words.append("requiredGranularScopes: " + ", ".join(map(str, scopes)))
    return tuple(words)
