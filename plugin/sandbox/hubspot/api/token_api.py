"""The token endpoints: form bodies, errors in OAuth's and in HubSpot's style at once."""

import base64
import hashlib
import secrets
import uuid

from flask import Response, jsonify, request

from plugin.sandbox.hubspot.api import tokens
from plugin.sandbox.hubspot.api.answers import Body
from plugin.sandbox.hubspot.api.calls import api
from plugin.sandbox.world import World, world

CODE_SECONDS = 300


class GrantRefused(Exception):
    """`error` is OAuth's code, `status` HubSpot's."""

    def __init__(self, error: str, status: str, description: str) -> None:
        super().__init__(description)
        self.error, self.status, self.description = error, status, description


@api.errorhandler(GrantRefused)
def refuse_grant(refused: GrantRefused) -> tuple[Response, int]:
    body = {
        "error": refused.error,
        "error_description": refused.description,
        "status": refused.status,
        "message": refused.description,
        "correlationId": str(uuid.uuid4()),
    }
    return jsonify(body), 400


def make_code(sandbox: World, grant: Body) -> str:
    """Return an authorization code, valid once, for five minutes."""
    code = secrets.token_urlsafe(24)
    sandbox.store.put("code", code, {**grant, "ends": sandbox.clock.now() + CODE_SECONDS})
    return code


def _check_client(sandbox: World) -> None:
    if request.form.get("client_id") != sandbox.config.client_id:
        raise GrantRefused("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id")
    if request.form.get("client_secret") != sandbox.config.client_secret:
        raise GrantRefused(
            "invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret"
        )


@api.post("/oauth/2026-09/token")
@api.post("/oauth/2026-03/token")
def token() -> Body:
    sandbox, kind = world(), request.form.get("grant_type")
    _check_client(sandbox)
    if kind == "authorization_code":
        return _exchange(sandbox)
    if kind == "refresh_token":
        return _refresh(sandbox)
    raise GrantRefused("unsupported_grant_type", "BAD_GRANT_TYPE", "unknown grant type")


def _exchange(sandbox: World) -> Body:
    # Taken before it is checked: a code that was shown once is spent, right or wrong.
    grant = sandbox.store.delete("code", request.form.get("code", ""))
    if grant is None or grant["ends"] <= sandbox.clock.now():
        raise GrantRefused("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code")
    if request.form.get("redirect_uri") != grant["redirect_uri"]:
        raise GrantRefused("invalid_grant", "BAD_REDIRECT_URI", "redirect URI does not match")
    if grant["challenge"] and _challenge() != grant["challenge"]:
        raise GrantRefused("invalid_grant", "BAD_AUTH_CODE", "code verifier does not match")
    installation = tokens.install(sandbox, grant["portal"], grant["user"], grant["scopes"])
    return tokens.issue(sandbox, installation)


def _challenge() -> str:
    digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _refresh(sandbox: World) -> Body:
    answer = tokens.renew(sandbox, request.form.get("refresh_token", ""))
    if answer is None:
        message = "missing or unknown refresh token"
        raise GrantRefused("invalid_grant", "BAD_REFRESH_TOKEN", message)
    return answer


@api.post("/oauth/2026-09/token/introspect")
@api.post("/oauth/2026-03/token/introspect")
def introspect() -> Body:
    """Describe a token; of an invalid one say only that it is inactive."""
    sandbox = world()
    _check_client(sandbox)
    text = request.form.get("token", "")
    token = sandbox.store.get("access-token", text) or sandbox.store.get("refresh-token", text)
    left = None if token is None or token["ends"] is None else token["ends"] - sandbox.clock.now()
    if token is None or (left is not None and left <= 0):
        return {"active": False}
    portal = sandbox.store.get("portal", token["portal"]) or {}
    return {
        "active": True,
        "token_use": "access_token" if "token" in token else "refresh_token",
        "hub_id": token["portal"],
        "user_id": token["user"],
        "user": portal.get("email", ""),
        "app_id": sandbox.config.app_id,
        "client_id": sandbox.config.client_id,
        "scopes": token["scopes"],
        "hub_domain": f"portal-{token['portal']}.example.com",
        "is_private_distribution": False,
        **({} if left is None else {"expires_in": int(left)}),
    }


@api.post("/oauth/2026-09/token/revoke")
@api.post("/oauth/2026-03/token/revoke")
def revoke() -> Body:
    """Revoke a refresh token; access tokens and the installation stay."""
    sandbox = world()
    _check_client(sandbox)
    tokens.revoke(sandbox, request.form.get("token", ""))
    return {}
