"""Access and refresh tokens of LINE Login's users."""

import secrets

from plugin.sandbox.line.api import id_tokens
from plugin.sandbox.store import Value
from plugin.sandbox.world import World

ACCESS_LIFE, REFRESH_LIFE, LIFF_LIFE = 30 * 24 * 3600, 90 * 24 * 3600, 12 * 3600


def issue_access(world: World, grant: Value, life: int = ACCESS_LIFE) -> str:
    """Issue a token for the scopes that the person granted to the channel."""
    token = secrets.token_urlsafe(64)
    value = {
        "client_id": grant["client_id"],
        "user_id": grant["user_id"],
        "person": grant["person"],
        "scopes": list(grant["scopes"]),
        "expires": world.clock.now() + life,
    }
    world.store.put("line_user_token", token, value)
    return token


def issue_refresh(world: World, grant: Value) -> str:
    # Valid for 90 days from the login; using it does not extend it.
    token = secrets.token_urlsafe(15)
    fields = {name: grant[name] for name in ("client_id", "user_id", "person", "scopes")}
    expires = world.clock.now() + REFRESH_LIFE
    world.store.put("line_refresh_token", token, {**fields, "expires": expires})
    return token


def live(world: World, token: str) -> Value | None:
    """Return a user's access token that is neither revoked nor expired."""
    grant = world.store.get("line_user_token", token)
    if grant is None or grant["expires"] <= world.clock.now():
        return None
    return grant


def answer(world: World, channel: Value, grant: Value, refresh: str) -> Value:
    """The token endpoint's answer; `scope` never lists email (LINE Login reference)."""
    scopes = [scope for scope in grant["scopes"] if scope != "email"]
    values: Value = {
        "access_token": issue_access(world, grant),
        "expires_in": ACCESS_LIFE,
        "refresh_token": refresh,
        "scope": " ".join(scopes),
        "token_type": "Bearer",
    }
    if "openid" in scopes and "nonce" in grant:
        claims = id_tokens.claims(world, channel, grant["user_id"], grant["scopes"], grant["nonce"])
        values["id_token"] = id_tokens.sign_for_web(channel, claims)
    return values


def forget(world: World, client_id: str, person: str) -> None:
    """Deauthorize: delete the consent and every token of this person for the channel."""
    world.store.delete("line_consent", f"{client_id} {person}")
    # A scan of all tokens, for deauthorizing is rare and the sandbox small.
    for kind in ("line_user_token", "line_refresh_token"):
        for token in world.store.keys(kind):
            grant = world.store.get(kind, token)
            if grant and (grant["client_id"], grant["person"]) == (client_id, person):
                world.store.delete(kind, token)
