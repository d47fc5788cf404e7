"""HubSpot's error responses as `GatewayError`s."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from plugin.core.text.clean import storable
from plugin.gateways import GatewayError, PropertyFault, Reason
from plugin.gateways.errors import classify_status
from plugin.gateways.hubspot.property_faults import faults_in

_SPECIAL: Mapping[int, tuple[Reason, bool]] = {
    # Not permanent: the repeat with another token failed too, but the next call may have a newer
    # one.
    401: ("unauthorized", False),
    423: ("unavailable", False),
    477: ("unavailable", False),
}
# Seconds by policyName, where no Retry-After comes: it is not documented for the API. An odd one
# (HubSpot counts milliseconds elsewhere) must not block a portal for long.
_RATE_WAIT = {"SECONDLY": 1, "TEN_SECONDLY_ROLLING": 10, "DAILY": 3600}
_REVOKED = {"INVALID_GRANT", "BAD_REFRESH_TOKEN", "BAD_HUB", "ACCESS_DENIED"}
_BAD_CODE = {"INVALID_GRANT", "BAD_AUTH_CODE"}
_TEMPORARY = ("rate_limited", "unavailable")
_OUR_FAULT = {"INVALID_CLIENT", "BAD_CLIENT_ID", "BAD_CLIENT_SECRET", "BAD_REDIRECT_URI"}


class HubSpotRefusal(GatewayError):
    """A `GatewayError` with HubSpot's error codes, in capitals, and the properties it names."""

    codes: frozenset[str] = frozenset()
    faults: tuple[PropertyFault, ...] = ()


def refusal(
    status: int,
    headers: Mapping[str, str] | None,
    content: bytes | None,
    now: datetime,
    *,
    search: bool,
) -> HubSpotRefusal:
    """Classify a response of 3xx, 4xx or 5xx."""
    body = _json(content)
    reason, permanent = classify_status(status, _SPECIAL)
    error = HubSpotRefusal(
        str(body.get("message") or body.get("error_description") or f"HubSpot answered {status}"),
        permanent=permanent,
        reason=reason,
        retry_at=_retry_at(status, headers or {}, body, now, search=search),
        status=status,
        request_id=str(body.get("correlationId") or ""),
        details=_details(body),
    )
    words = (body.get(key) for key in ("error", "status", "message", "category"))
    error.codes = frozenset(str(word).upper() for word in words if word)
    error.faults = faults_in(body) if status == 400 else ()
    return error


def classify_refresh(error: HubSpotRefusal) -> GatewayError:
    if error.status is None or not 400 <= error.status < 500 or error.reason in _TEMPORARY:
        return error
    # Only HubSpot's explicit codes count as "revoked": a wrong client secret of our own must never
    # look as if all portals had left.
    if error.codes & _REVOKED and not error.codes & (_OUR_FAULT | {"BAD_AUTH_CODE"}):
        return _reclassify(error, "revoked", permanent=True)
    # Not permanent: calls succeed again as soon as a person has corrected the secret.
    return _reclassify(error, "configuration", permanent=False)


def classify_exchange(error: HubSpotRefusal) -> GatewayError:
    """Classify a refused code exchange: a used or expired code is `invalid`."""
    if error.status == 400 and error.codes & _BAD_CODE and not error.codes & _OUR_FAULT:
        return _reclassify(error, "invalid", permanent=True)
    return classify_refresh(error)


def _reclassify(error: HubSpotRefusal, reason: Reason, *, permanent: bool) -> GatewayError:
    return GatewayError(
        error.message,
        permanent=permanent,
        reason=reason,
        status=error.status,
        request_id=error.request_id,
        details=error.details,
    )


def _retry_at(
    status: int, headers: Mapping[str, str], body: Mapping[str, Any], now: datetime, *, search: bool
) -> datetime | None:
    retry_after = _seconds(headers.get("Retry-After"), now)
    if status == 477:
        # 477: the account moves to another region, for up to a day.
        return now + timedelta(seconds=min(retry_after or 600, 86_400))
    if status == 429:
        policy = str(body.get("policyName"))
        wait = _RATE_WAIT.get(policy, 1 if search else 10)
        most = 3600 if policy == "DAILY" else 60
        return now + timedelta(seconds=wait if retry_after is None else min(retry_after, most))
    if retry_after is not None and (status == 423 or status >= 500):
        return now + timedelta(seconds=min(retry_after, 600))
    return now + timedelta(seconds=2) if status == 423 else None


def _seconds(text: str | None, now: datetime) -> int | None:
    # `Retry-After` by RFC 9110: seconds, or a date.
    value = (text or "").strip()
    if value.isascii() and value.isdecimal() and len(value) < 10:
        return int(value)
    try:
        moment = parsedate_to_datetime(value)
        return max(round((moment - now).total_seconds()), 0)
    except (ValueError, TypeError):
        return None


def _json(body: bytes | None) -> dict[str, Any]:
    try:
        payload = storable(json.loads(body or b""))
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _details(payload: Mapping[str, Any]) -> tuple[str, ...]:
    errors = payload.get("errors")
    parts = [part for part in errors if isinstance(part, dict)] if isinstance(errors, list) else []
    words = [str(part["message"]) for part in parts if part.get("message")]
    for part in (payload, *parts):
        context = part.get("context")
        scopes = context.get("requiredGranularScopes") if isinstance(context, dict) else None
        if isinstance(scopes, list):
            words.append("requiredGranularScopes: " + ", ".join(map(str, scopes)))
    return tuple(words)
