"""The token endpoints: form bodies, errors in OAuth's and in HubSpot's style at once."""

import base64
import hashlib
import secrets
import uuid

from flask import Response, jsonify, request

from plugin.sandbox.hubspot import tokens
from plugin.sandbox.hubspot.answers import Body
from plugin.sandbox.hubspot.api import api
from plugin.sandbox.world import World, world

CODE_SECONDS = 300


class GrantRefused(Exception):
    """`error` is OAuth's word, `status` HubSpot's."""

    def __init__(self, error: str, status: str, description: str) -> None:
        super().__init__(description)
        self.error, self.status, self.description = error, status, description


@api.errorhandler(GrantRefused)
def refuse_grant(refused: GrantRefused) -> tuple[Response, int]:
    """400 with both styles."""
    body = {
        "error": refused.error,
        "error_description": refused.description,
        "status": refused.status,
        "message": refused.description,
        "correlationId": str(uuid.uuid4()),
    }
    return jsonify(body), 400


def make_code(here: World, grant: Body) -> str:
    """An authorization code: good once, for five minutes."""
    code = secrets.token_urlsafe(24)
    here.store.put("code", code, {**grant, "ends": here.clock.now() + CODE_SECONDS})
    return code


def _check_client(here: World) -> None:
    if request.form.get("client_id") != here.config.client_id:
        raise GrantRefused("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id")
    if request.form.get("client_secret") != here.config.client_secret:
        raise GrantRefused(
            "invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret"
        )


@api.post("/oauth/2026-09/token")
@api.post("/oauth/2026-03/token")
def token() -> Body:
    """Exchange a code, or refresh."""
    here, kind = world(), request.form.get("grant_type")
    _check_client(here)
    if kind == "authorization_code":
        return _exchange(here)
    if kind == "refresh_token":
        return _refresh(here)
    raise GrantRefused("unsupported_grant_type", "BAD_GRANT_TYPE", "unknown grant type")


def _exchange(here: World) -> Body:
    # Taken before it is judged: a code that was shown once is spent, right or wrong.
    grant = here.store.delete("code", request.form.get("code", ""))
    if grant is None or grant["ends"] <= here.clock.now():
        raise GrantRefused("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code")
    if request.form.get("redirect_uri") != grant["redirect_uri"]:
        raise GrantRefused("invalid_grant", "BAD_REDIRECT_URI", "redirect URI does not match")
    if grant["challenge"] and _challenge() != grant["challenge"]:
        raise GrantRefused("invalid_grant", "BAD_AUTH_CODE", "code verifier does not match")
    made = tokens.install(here, grant["portal"], grant["user"], grant["scopes"])
    return tokens.issue(here, made)


def _challenge() -> str:
    digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _refresh(here: World) -> Body:
    answer = tokens.renew(here, request.form.get("refresh_token", ""))
    if answer is None:
        message = "missing or unknown refresh token"
        raise GrantRefused("invalid_grant", "BAD_REFRESH_TOKEN", message)
    return answer


@api.post("/oauth/2026-09/token/introspect")
@api.post("/oauth/2026-03/token/introspect")
def introspect() -> Body:
    """What a token is; of a dead one only that it is."""
    here = world()
    _check_client(here)
    text = request.form.get("token", "")
    found = here.store.get("access-token", text) or here.store.get("refresh-token", text)
    left = None if found is None or found["ends"] is None else found["ends"] - here.clock.now()
    if found is None or (left is not None and left <= 0):
        return {"active": False}
    portal = here.store.get("portal", found["portal"]) or {}
    return {
        "active": True,
        "token_use": "access_token" if "token" in found else "refresh_token",
        "hub_id": found["portal"],
        "user_id": found["user"],
        "user": portal.get("email", ""),
        "app_id": here.config.app_id,
        "client_id": here.config.client_id,
        "scopes": found["scopes"],
        "hub_domain": f"portal-{found['portal']}.example.com",
        "is_private_distribution": False,
        **({} if left is None else {"expires_in": int(left)}),
    }


@api.post("/oauth/2026-09/token/revoke")
@api.post("/oauth/2026-03/token/revoke")
def revoke() -> Body:
    """End a refresh token; access tokens and the installation stay."""
    here = world()
    _check_client(here)
    tokens.revoke(here, request.form.get("token", ""))
    return {}
