"""From an authorization request to a code: identification, consent, adding the friend.

Kinds: `line_login_request` (a request between two pages), `line_consent` (scopes granted before),
`line_code` (ten minutes, once).
"""

import secrets
from dataclasses import asdict

from plugin.sandbox.line import friendships
from plugin.sandbox.line.directory import FriendState, friend_state, id_in
from plugin.sandbox.line.login.requests import LoginRequest
from plugin.sandbox.store import Value
from plugin.sandbox.world import World

CODE_LIFE = 600


def store_request(world: World, login_request: LoginRequest) -> str:
    """Store a login request while the person reads; return its id."""
    login_id = secrets.token_urlsafe(18)
    value = {**asdict(login_request), "person": "", "friend_asked": False, "friend_changed": False}
    world.store.put("line_login_request", login_id, value)
    return login_id


def change(world: World, login_id: str, **facts: object) -> Value:
    known = world.store.get("line_login_request", login_id) or {}
    return world.store.put("line_login_request", login_id, {**known, **facts})


def channel_of(world: World, login_request: Value) -> Value:
    channel = world.store.get("line_login", login_request["client_id"])
    if channel is None:
        raise LookupError(login_request["client_id"])
    return channel


def linked_account(world: World, login_request: Value) -> Value | None:
    linked = channel_of(world, login_request)["linked_account"]
    return world.store.get("line_account", linked) if linked else None


def user_id_of_request(world: World, login_request: Value) -> str:
    return id_in(world, login_request["person"], channel_of(world, login_request)["provider"])


def friend_offer(world: World, login_request: Value) -> FriendState | None:
    """The person's friendship with the linked account, or None if it is not to be offered."""
    account = linked_account(world, login_request)
    if account is None or not login_request["bot_prompt"]:
        return None
    return friend_state(world, account["channel_id"], user_id_of_request(world, login_request))


def consented(world: World, login_request: Value) -> bool:
    """Return whether the consent screen can be skipped."""
    consent = world.store.get(
        "line_consent", f"{login_request['client_id']} {login_request['person']}"
    )
    granted = consent["scopes"] if consent else []
    return login_request["prompt"] != "consent" and set(login_request["scopes"]) <= set(granted)


def grant(world: World, login_request: Value) -> None:
    """Store the consent, so that the consent screen is skipped the next time."""
    key = f"{login_request['client_id']} {login_request['person']}"
    known = world.store.get("line_consent", key) or {"scopes": []}
    scopes = sorted({*known["scopes"], *login_request["scopes"]})
    world.store.put("line_consent", key, {"scopes": scopes})


def add_friend(world: World, login_id: str, login_request: Value) -> Value:
    """Add or unblock the linked account, whose webhook gets the event."""
    account = linked_account(world, login_request)
    changed = account is not None and friendships.add(
        world, account, user_id_of_request(world, login_request)
    )
    return change(world, login_id, friend_changed=changed)


def success(world: World, login_id: str, login_request: Value) -> dict[str, str | None]:
    """The callback's parameters. `friendship_status_changed` is absent if nothing was asked."""
    world.store.delete("line_login_request", login_id)
    # "false" means "was a friend already" as well as "did not want to" (docs: link-a-bot).
    changed = (
        ("true" if login_request["friend_changed"] else "false")
        if login_request["friend_asked"]
        else None
    )
    return {
        "code": _code(world, login_request),
        "state": login_request["state"],
        "friendship_status_changed": changed,
    }


def _code(world: World, login_request: Value) -> str:
    code = secrets.token_urlsafe(15)
    value = {
        "client_id": login_request["client_id"],
        "redirect_uri": login_request["redirect_uri"],
        "scopes": login_request["scopes"],
        "nonce": login_request["nonce"],
        "challenge": login_request["challenge"],
        "user_id": user_id_of_request(world, login_request),
        "person": login_request["person"],
        "until": world.clock.now() + CODE_LIFE,
    }
    world.store.put("line_code", code, value)
    return code
