"""Access and refresh tokens: issue, check, revoke."""

import secrets
from dataclasses import dataclass
from typing import Any

from plugin.sandbox.hubspot.api.answers import Refused
from plugin.sandbox.world import World

# The old refresh token outlives its successor a little, so that a lost answer locks no app out.
DEFAULTS = {"expires_in": 1800, "rotate_refresh": "sometimes", "grace_seconds": 60}
Value = dict[str, Any]


@dataclass(frozen=True)
class Access:
    portal: int
    user: int
    scopes: tuple[str, ...]


def options(world: World) -> Value:
    """How tokens behave: `rotate_refresh` is true, false or "sometimes" (every third time)."""
    return {**DEFAULTS, **(world.store.get("hubspot-options", "oauth") or {})}


def install(world: World, portal: int, user: int, scopes: list[str]) -> Value:
    """Store an installation, or a new one with other scopes."""
    grant = {"portal": portal, "user": user, "scopes": scopes, "at": world.clock.millis()}
    return world.store.put("install", portal, grant)


def issue(world: World, grant: Value, refresh_token: str | None = None) -> Value:
    """Return a token answer, with a new refresh token unless one is kept."""
    settings = options(world)
    held = {"portal": grant["portal"], "user": grant["user"], "scopes": grant["scopes"]}
    refresh = refresh_token or f"na1-{secrets.token_hex(24)}"
    if refresh_token is None:
        world.store.put("refresh-token", refresh, {**held, "used": 0, "ends": None})
    # Long ones, since HubSpot sets no bound that a column could rely on.
    token = f"CL{secrets.token_urlsafe(180)}"
    ends = world.clock.now() + float(settings["expires_in"])
    world.store.put("access-token", token, {**held, "token": token, "ends": ends})
    return {
        "token_type": "bearer",
        "access_token": token,
        "refresh_token": refresh,
        "expires_in": settings["expires_in"],
        "hub_id": grant["portal"],
        "user_id": grant["user"],
        "scopes": grant["scopes"],
        "token_use": "access_token",
    }


def renew(world: World, refresh_token: str) -> Value | None:
    """Return a new access token, sometimes with a new refresh token; None if it is invalid."""
    with world.store as store:
        held = store.get("refresh-token", refresh_token)
        if held is None or (held["ends"] is not None and held["ends"] <= world.clock.now()):
            return None
        held["used"] += 1
        # A token within its grace does not rotate again, so two refreshes at once both work.
        keep = held["ends"] is not None or not _rotates(options(world), held["used"])
        if not keep:
            held["ends"] = world.clock.now() + float(options(world)["grace_seconds"])
        store.put("refresh-token", refresh_token, held)
        return issue(world, held, refresh_token if keep else None)


def _rotates(settings: Value, used: int) -> bool:
    if settings["rotate_refresh"] == "sometimes":
        return used % 3 == 0
    return bool(settings["rotate_refresh"])


def revoke(world: World, refresh_token: str) -> None:
    """Revoke a refresh token. Access tokens stay valid, and the app stays installed."""
    world.store.delete("refresh-token", refresh_token)


def set_scopes(world: World, portal: int, scopes: list[str]) -> None:
    with world.store as store:
        for kind in ("install", "access-token", "refresh-token"):
            for key in store.keys(kind):
                held = store.get(kind, key) or {}
                if held.get("portal") == portal:
                    store.put(kind, key, {**held, "scopes": scopes})


def uninstall(world: World, portal: int) -> None:
    with world.store as store:
        store.delete("install", portal)
        for kind in ("access-token", "refresh-token", "code"):
            for key in store.keys(kind):
                if (store.get(kind, key) or {}).get("portal") == portal:
                    store.delete(kind, key)


def access(world: World, header: str) -> Access:
    """Check an Authorization header. Raises a 401 `Refused`."""
    scheme, _, token = header.partition(" ")
    stored = world.store.get("access-token", token) if scheme.lower() == "bearer" else None
    if stored is None:
        raise Refused(
            401,
            "Authentication credentials not found. This API supports OAuth 2.0 authentication",
            "INVALID_AUTHENTICATION",
        )
    late = world.clock.now() - stored["ends"]
    if late >= 0:
        raise Refused(
            401,
            f"The OAuth token used to make this call expired {int(late)} second(s) ago.",
            "EXPIRED_AUTHENTICATION",
        )
    return Access(stored["portal"], stored["user"], tuple(stored["scopes"]))
