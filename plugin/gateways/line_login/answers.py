"""LINE Login's responses: tokens, ID tokens, refusals."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from plugin.core.text.clean import storable
from plugin.gateways import Channel, GatewayError, Identity, LoginPage, LoginTokens, UserAccess
from plugin.gateways.errors import classify_status
from plugin.gateways.network import unreadable

ISSUER = "https://access.line.me"
# Tolerates a small difference between two machines' clocks.
_LEEWAY = timedelta(seconds=60)
# Characters of an error page that are looked at.
LARGEST_PAGE = 100_000
_OUR_FAULT = ("invalid_client", "unauthorized_client")


def login_tokens(payload: Mapping[str, Any]) -> LoginTokens:
    # An ID token always comes: Musubi asks for the scope `openid`.
    if not payload.get("access_token") or not payload.get("id_token"):
        raise unreadable("LINE", write=True)
    return LoginTokens(
        access_token=str(payload["access_token"]),
        id_token=str(payload["id_token"]),
        refresh_token=str(payload.get("refresh_token") or ""),
    )


def user_access(payload: Mapping[str, Any]) -> UserAccess:
    # The response to a refresh has no ID token.
    life = payload.get("expires_in")
    if not payload.get("access_token") or not isinstance(life, int):
        raise unreadable("LINE", write=True)
    return UserAccess(str(payload["access_token"]), life, str(payload.get("refresh_token") or ""))


def identity(
    claims: Mapping[str, Any], login: Channel, nonce: str | None, now: datetime
) -> Identity:
    """Raise `invalid` unless the claims are for this channel, this attempt and this moment."""
    if not claims.get("sub"):
        raise unreadable("LINE", write=False)
    problem = _problem(claims, login, nonce, now)
    if problem:
        raise GatewayError(f"The ID token {problem}", permanent=True, reason="invalid")
    return Identity(
        user_id=str(claims["sub"]),
        name=str(claims.get("name") or "")[:255],
        picture_url=str(claims.get("picture") or "")[:2000],
        email=str(claims.get("email") or "")[:320],
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


def token_owner(token_info: Mapping[str, Any], profile: Mapping[str, Any], login: Channel) -> str:
    """Return the user id of an access token that this channel issued and that is valid."""
    life = token_info.get("expires_in")
    is_ours = str(token_info.get("client_id")) == login.channel_id
    if not is_ours or not isinstance(life, int) or life <= 0:
        raise GatewayError("The access token is no good", permanent=True, reason="invalid")
    if not profile.get("userId"):
        raise unreadable("LINE", write=False)
    return str(profile["userId"])


def login_page(response: requests.Response, redirect_uri: str) -> LoginPage:
    """Read what the authorization endpoint answers a browser. LINE sends nobody to an address that
    the channel does not have: it shows an error page of its own (LINE Login, "Integrate")."""
    location = response.headers.get("Location", "")
    if 300 <= response.status_code < 400 and location.startswith(redirect_uri):
        query = dict(parse_qsl(urlsplit(location).query))
        return LoginPage(True, query.get("error", "").upper()[:60])
    names_address = "redirect_uri" in response.text[:LARGEST_PAGE]
    return LoginPage(response.status_code < 400, names_address=names_address)


def refusal(response: requests.Response, now: datetime) -> GatewayError:
    """Classify 3xx, 4xx or 5xx. `configuration`: channel ID and secret do not match."""
    payload = json_of(response) or {}
    reason, permanent = classify_status(response.status_code)
    if permanent and payload.get("error") in _OUR_FAULT:
        reason = "configuration"
    message = payload.get("error_description") or payload.get("message") or payload.get("error")
    return GatewayError(
        str(message or f"LINE answered {response.status_code}"),
        permanent=permanent,
        reason=reason,
        retry_at=now + timedelta(seconds=5) if reason == "rate_limited" else None,
        status=response.status_code,
        request_id=response.headers.get("x-line-request-id", ""),
    )


def json_of(response: requests.Response) -> dict[str, Any] | None:
    """Return the body's object, safe to store; None where it is anything else."""
    try:
        payload = storable(response.json())
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None
