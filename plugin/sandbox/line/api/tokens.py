"""Channel access tokens: stateless (15 minutes) and short-lived (30 days)."""

import secrets

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.api.answers import live_token, oauth_refusal, platform_blueprint
from plugin.sandbox.store import Value
from plugin.sandbox.world import world

blueprint = platform_blueprint("line_tokens", "/line-api")
STATELESS_LIFE, SHORT_LIFE, SHORT_SLOTS = 900, 30 * 24 * 3600, 30


def channel(channel_id: str) -> Value | None:
    store = world().store
    return store.get("line_account", channel_id) or store.get("line_login", channel_id)


@blueprint.post("/oauth2/v3/token")
def stateless() -> ResponseReturnValue:
    """Issue a token that cannot be revoked. A wrong secret is `invalid_request` here."""
    _require_client_credentials()
    known = channel(request.form.get("client_id", ""))
    if known is None or known["secret"] != request.form.get("client_secret"):
        raise oauth_refusal("invalid_request", "invalid client_id or client_secret")
    return jsonify(_issue(known["channel_id"], "stateless", STATELESS_LIFE))


@blueprint.post("/v2/oauth/accessToken")
def short_lived() -> ResponseReturnValue:
    """Issue one of 30; the 31st revokes the oldest (Messaging API reference)."""
    _require_client_credentials()
    known = channel(request.form.get("client_id", ""))
    if known is None:
        raise oauth_refusal("invalid_client", "invalid client_id")
    if known["secret"] != request.form.get("client_secret"):
        raise oauth_refusal("invalid_client", "invalid client_secret")
    issued = _issue(known["channel_id"], "short", SHORT_LIFE)
    _keep_slots(known["channel_id"], issued["access_token"])
    return jsonify(issued)


@blueprint.post("/v2/oauth/verify")
def verify() -> ResponseReturnValue:
    stored = live_token(request.form.get("access_token", ""))
    if stored is None:
        raise oauth_refusal("invalid_request", "access token expired")
    left = int(stored["expires"] - world().clock.now())
    return jsonify(client_id=stored["channel"], expires_in=left, scope="P CM")


@blueprint.post("/v2/oauth/revoke")
def revoke() -> ResponseReturnValue:
    """200 also for an unknown token. Stateless tokens stay."""
    token = request.form.get("access_token", "")
    stored = world().store.get("line_token", token)
    if stored and stored["kind"] == "short":
        world().store.delete("line_token", token)
    return "", 200


def _require_client_credentials() -> None:
    if request.form.get("grant_type") != "client_credentials":
        raise oauth_refusal("unsupported_grant_type", "unsupported grant_type")


def _issue(channel_id: str, kind: str, life: int) -> Value:
    token = ("eyJ" if kind == "stateless" else "") + secrets.token_urlsafe(96)
    expires = world().clock.now() + life
    value = {"channel": channel_id, "kind": kind, "expires": expires}
    world().store.put("line_token", token, value)
    return {"token_type": "Bearer", "access_token": token, "expires_in": life}


def _keep_slots(channel_id: str, token: str) -> None:
    store = world().store
    with store:
        slots = store.get("line_slots", channel_id) or {"tokens": []}
        tokens = [*slots["tokens"], token]
        for oldest in tokens[:-SHORT_SLOTS]:
            store.delete("line_token", oldest)
        store.put("line_slots", channel_id, {"tokens": tokens[-SHORT_SLOTS:]})
