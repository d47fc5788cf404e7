"""LINE Login's calls between servers: tokens, verification, profile, friendship, deauthorize."""

import base64
import hashlib

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.api import id_tokens, user_tokens
from plugin.sandbox.line.api.answers import (
    bearer,
    channel_id,
    json_body,
    oauth_refusal,
    platform_blueprint,
    refusal,
)
from plugin.sandbox.line.directory import friend_state, person_of
from plugin.sandbox.store import Value
from plugin.sandbox.world import world

blueprint = platform_blueprint("line_login_api", "/line-api")


@blueprint.after_request
def _any_origin(response: Response) -> Response:
    # LIFF pages call this from the browser.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
    return response


@blueprint.post("/oauth2/v2.1/token")
def token() -> ResponseReturnValue:
    """Exchange a code for tokens, or a refresh token for a new access token."""
    kind = request.form.get("grant_type")
    if kind == "authorization_code":
        return jsonify(_exchange())
    if kind == "refresh_token":
        return jsonify(_refresh())
    raise oauth_refusal("unsupported_grant_type", "unsupported grant_type")


def _channel() -> Value:
    channel = world().store.get("line_login", request.form.get("client_id", ""))
    if channel is None:
        raise oauth_refusal("invalid_client", "invalid client_id")
    if channel["secret"] != request.form.get("client_secret"):
        raise oauth_refusal("invalid_client", "invalid client_secret")
    return channel


def _exchange() -> Value:
    channel = _channel()
    # Taken before it is looked at: a second try with the same code always fails.
    grant = world().store.delete("line_code", request.form.get("code", ""))
    if grant is None or grant["client_id"] != channel["channel_id"]:
        raise oauth_refusal("invalid_grant", "invalid authorization code")
    if grant["until"] < world().clock.now():
        raise oauth_refusal("invalid_grant", "authorization code expired")
    if grant["redirect_uri"] != request.form.get("redirect_uri"):
        raise oauth_refusal("invalid_grant", "redirect_uri does not match")
    if not _verifier_fits(grant["challenge"], request.form.get("code_verifier")):
        raise oauth_refusal("invalid_grant", "code_verifier does not match")
    # For the tour on the home page.
    world().store.put("line_signed_in", grant["user_id"], {"client_id": grant["client_id"]})
    refresh = user_tokens.issue_refresh(world(), grant)
    return user_tokens.answer(world(), channel, grant, refresh)


def _verifier_fits(challenge: str, verifier: str | None) -> bool:
    if not challenge:
        return verifier is None
    digest = hashlib.sha256((verifier or "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def _refresh() -> Value:
    channel, refresh_token = _channel(), request.form.get("refresh_token", "")
    grant = world().store.get("line_refresh_token", refresh_token)
    if grant is None or grant["client_id"] != channel["channel_id"]:
        raise oauth_refusal("invalid_grant", "invalid refresh_token")
    if grant["expires"] < world().clock.now():
        raise oauth_refusal("invalid_grant", "refresh_token expired")
    return user_tokens.answer(world(), channel, grant, refresh_token)


@blueprint.post("/oauth2/v2.1/verify")
def verify_id_token() -> ResponseReturnValue:
    """Check signature, issuer, audience, time; nonce and user if given."""
    client_id = request.form.get("client_id", "")
    channel = world().store.get("line_login", client_id)
    if channel is None:
        raise oauth_refusal("invalid_request", "Invalid IdToken Audience.")
    claims = id_tokens.read(world(), channel, request.form.get("id_token", ""))
    if claims is None or claims.get("iss") != id_tokens.ISSUER:
        raise oauth_refusal("invalid_request", "Invalid IdToken.")
    if claims["exp"] < world().clock.now():
        raise oauth_refusal("invalid_request", "IdToken expired.")
    _require_claims(claims, client_id)
    return jsonify(claims)


def _require_claims(claims: Value, client_id: str) -> None:
    if claims["aud"] != client_id:
        raise oauth_refusal("invalid_request", "Invalid IdToken Audience.")
    nonce, user_id = request.form.get("nonce"), request.form.get("user_id")
    if nonce is not None and nonce != claims.get("nonce"):
        raise oauth_refusal("invalid_request", "Invalid IdToken Nonce.")
    if user_id is not None and user_id != claims["sub"]:
        raise oauth_refusal("invalid_request", "Invalid IdToken Subject Identifier.")


@blueprint.get("/oauth2/v2.1/verify")
def verify_access_token() -> ResponseReturnValue:
    grant = user_tokens.live(world(), request.args.get("access_token", ""))
    if grant is None:
        raise oauth_refusal("invalid_request", "access token expired")
    left = int(grant["expires"] - world().clock.now())
    scope = " ".join(scope_name for scope_name in grant["scopes"] if scope_name != "email")
    return jsonify(client_id=grant["client_id"], expires_in=left, scope=scope)


@blueprint.get("/oauth2/v2.1/certs")
def certs() -> ResponseReturnValue:
    return jsonify(id_tokens.certs(world()))


def _user(scope: str) -> Value:
    grant = user_tokens.live(world(), bearer())
    if grant is None:
        raise refusal(401, "The access token expired")
    if scope not in grant["scopes"]:
        raise refusal(403, f"The access token does not have the {scope} scope")
    return grant


@blueprint.route("/oauth2/v2.1/userinfo", methods=["GET", "POST"])
def userinfo() -> ResponseReturnValue:
    # Name and picture need the profile scope.
    grant = _user("openid")
    person = person_of(world(), grant["user_id"]) or {}
    values = {"sub": grant["user_id"]}
    # openid alone gives the id and nothing of the person.
    if "profile" in grant["scopes"]:
        values |= {"name": person["name"], "picture": person["picture"]}
    return jsonify(values)


@blueprint.get("/v2/profile")
def profile() -> ResponseReturnValue:
    grant = _user("profile")
    person = person_of(world(), grant["user_id"]) or {}
    values = {
        "userId": grant["user_id"],
        "displayName": person["name"],
        "pictureUrl": person["picture"],
        "statusMessage": person["status_message"],
    }
    return jsonify({name: value for name, value in values.items() if value})


@blueprint.get("/friendship/v1/status")
def friendship() -> ResponseReturnValue:
    # False also for a person who blocks the linked account.
    grant = _user("profile")
    channel = world().store.get("line_login", grant["client_id"]) or {}
    if not channel.get("linked_account"):
        raise refusal(400, "There is no login bot linked to this channel.")
    state = friend_state(world(), channel["linked_account"], grant["user_id"])
    return jsonify(friendFlag=state == "following")


@blueprint.post("/oauth2/v2.1/revoke")
def revoke() -> ResponseReturnValue:
    """Revoke an access token; 200 also for an unknown one."""
    _channel()
    world().store.delete("line_user_token", request.form.get("access_token", ""))
    return "", 200


@blueprint.post("/user/v1/deauthorize")
def deauthorize() -> ResponseReturnValue:
    """Mandatory when a person unlinks: the Login channel's token, and the user's valid token."""
    channel = channel_id()
    token = str(json_body().get("userAccessToken", ""))
    grant = user_tokens.live(world(), token)
    if grant is None or grant["client_id"] != channel:
        raise refusal(400, "invalid token")
    user_tokens.forget(world(), channel, grant["person"])
    world().store.put("line_deauthorized", grant["user_id"], {"client_id": channel})
    return "", 204
