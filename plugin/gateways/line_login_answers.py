"""LINE Login's answers: tokens, the person behind an ID token, refusals."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import requests

from plugin.gateways import Channel, GatewayError, Identity, LoginTokens, Reason, UserAccess
from plugin.gateways.network import unreadable

ISSUER = "https://access.line.me"
# Two machines' clocks never agree quite.
_LEEWAY = timedelta(seconds=60)
_OURS = ("invalid_client", "unauthorized_client")
_BY_STATUS: Mapping[int, tuple[Reason, bool]] = {
    400: ("invalid", True),
    401: ("unauthorized", True),
    403: ("forbidden", True),
    404: ("not_found", True),
    408: ("unavailable", False),
    429: ("rate_limited", False),
}


def login_tokens(said: Mapping[str, Any]) -> LoginTokens:
    """No ID token without the scope `openid`, which we always ask for."""
    if not said.get("access_token") or not said.get("id_token"):
        raise unreadable("LINE", write=True)
    return LoginTokens(
        access_token=str(said["access_token"]),
        id_token=str(said["id_token"]),
        refresh_token=str(said.get("refresh_token") or ""),
    )


def user_access(said: Mapping[str, Any]) -> UserAccess:
    """There is no ID token in the answer to a refresh."""
    life = said.get("expires_in")
    if not said.get("access_token") or not isinstance(life, int):
        raise unreadable("LINE", write=True)
    return UserAccess(str(said["access_token"]), life, str(said.get("refresh_token") or ""))


def identity(
    claims: Mapping[str, Any], login: Channel, nonce: str | None, now: datetime
) -> Identity:
    """The person, if the claims are for this channel, this attempt and this moment."""
    if not claims.get("sub"):
        raise unreadable("LINE", write=False)
    problem = _problem(claims, login, nonce, now)
    if problem:
        raise GatewayError(f"The ID token {problem}", permanent=True, reason="invalid")
    return Identity(
        user_id=str(claims["sub"]),
        name=str(claims.get("name") or ""),
        picture_url=str(claims.get("picture") or ""),
        email=str(claims.get("email") or ""),
    )


def _problem(claims: Mapping[str, Any], login: Channel, nonce: str | None, now: datetime) -> str:
    if str(claims.get("aud")) != login.channel_id:
        return "is for another channel"
    if claims.get("iss", ISSUER) != ISSUER:
        return "is of another issuer"
    if nonce is not None and claims.get("nonce") != nonce:
        return "is of another login"
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires < (now - _LEEWAY).timestamp():
        return "has expired"
    return ""


def owner(told: Mapping[str, Any], profile: Mapping[str, Any], login: Channel) -> str:
    """Whose the access token is, if this channel issued it and it lives."""
    life = told.get("expires_in")
    ours = str(told.get("client_id")) == login.channel_id
    if not ours or not isinstance(life, int) or life <= 0:
        raise GatewayError("The access token is no good", permanent=True, reason="invalid")
    if not profile.get("userId"):
        raise unreadable("LINE", write=False)
    return str(profile["userId"])


def refusal(answer: requests.Response, now: datetime) -> GatewayError:
    """The verdict on 3xx, 4xx or 5xx. `configuration`: channel ID and secret do not match."""
    said = _said(answer)
    reason, permanent = _verdict(answer.status_code)
    if permanent and said.get("error") in _OURS:
        reason = "configuration"
    words = said.get("error_description") or said.get("message") or said.get("error")
    return GatewayError(
        str(words or f"LINE answered {answer.status_code}"),
        permanent=permanent,
        reason=reason,
        retry_at=now + timedelta(seconds=5) if reason == "rate_limited" else None,
        status=answer.status_code,
        request_id=answer.headers.get("x-line-request-id", ""),
    )


def _verdict(status: int) -> tuple[Reason, bool]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return ("refused", True) if 400 <= status < 500 else ("unavailable", False)


def _said(answer: requests.Response) -> Mapping[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
