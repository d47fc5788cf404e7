"""From an authorization request to a code: who is there, does he consent, does he add the friend.

Kinds: `line_wish` (a request between two pages), `line_consent` (scopes granted before),
`line_code` (ten minutes, once).
"""

import secrets
from dataclasses import asdict

from plugin.sandbox.line import friendships
from plugin.sandbox.line.directory import FriendState, friend_state, id_in
from plugin.sandbox.line.login_requests import Wish
from plugin.sandbox.store import Value
from plugin.sandbox.world import World

CODE_LIFE = 600


def keep(world: World, wish: Wish) -> str:
    """Keep a wish while the person reads; answers its id."""
    wish_id = secrets.token_urlsafe(18)
    value = {**asdict(wish), "person": "", "friend_asked": False, "friend_changed": False}
    world.store.put("line_wish", wish_id, value)
    return wish_id


def change(world: World, wish_id: str, **facts: object) -> Value:
    """Note what happened on a page."""
    known = world.store.get("line_wish", wish_id) or {}
    return world.store.put("line_wish", wish_id, {**known, **facts})


def channel_of(world: World, wish: Value) -> Value:
    """The Login channel that asks."""
    found = world.store.get("line_login", wish["client_id"])
    if found is None:
        raise LookupError(wish["client_id"])
    return found


def linked_account(world: World, wish: Value) -> Value | None:
    """The Official Account that the Login channel is linked with."""
    linked = channel_of(world, wish)["linked_account"]
    return world.store.get("line_account", linked) if linked else None


def user_id_of_wish(world: World, wish: Value) -> str:
    """The person's id for the provider that asks."""
    return id_in(world, wish["person"], channel_of(world, wish)["provider"])


def friend_offer(world: World, wish: Value) -> FriendState | None:
    """How the person stands to the linked account, or None where no option is to be shown."""
    account = linked_account(world, wish)
    if account is None or not wish["bot_prompt"]:
        return None
    return friend_state(world, account["channel_id"], user_id_of_wish(world, wish))


def consented(world: World, wish: Value) -> bool:
    """Granted before, and not to be asked again?"""
    found = world.store.get("line_consent", f"{wish['client_id']} {wish['person']}")
    granted = found["scopes"] if found else []
    return wish["prompt"] != "consent" and set(wish["scopes"]) <= set(granted)


def grant(world: World, wish: Value) -> None:
    """The person said yes; the next time the consent screen is skipped."""
    key = f"{wish['client_id']} {wish['person']}"
    known = world.store.get("line_consent", key) or {"scopes": []}
    scopes = sorted({*known["scopes"], *wish["scopes"]})
    world.store.put("line_consent", key, {"scopes": scopes})


def add_friend(world: World, wish_id: str, wish: Value) -> Value:
    """Add or unblock the linked account; the account's webhook hears of it."""
    account = linked_account(world, wish)
    changed = account is not None and friendships.add(world, account, user_id_of_wish(world, wish))
    return change(world, wish_id, friend_changed=changed)


def success(world: World, wish_id: str, wish: Value) -> dict[str, str | None]:
    """The callback's parameters. `friendship_status_changed` is absent where nothing was asked."""
    world.store.delete("line_wish", wish_id)
    # "false" means "was a friend already" as well as "did not want to" (docs: link-a-bot).
    changed = ("true" if wish["friend_changed"] else "false") if wish["friend_asked"] else None
    return {
        "code": _code(world, wish),
        "state": wish["state"],
        "friendship_status_changed": changed,
    }


def _code(world: World, wish: Value) -> str:
    code = secrets.token_urlsafe(15)
    value = {
        "client_id": wish["client_id"],
        "redirect_uri": wish["redirect_uri"],
        "scopes": wish["scopes"],
        "nonce": wish["nonce"],
        "challenge": wish["challenge"],
        "user_id": user_id_of_wish(world, wish),
        "person": wish["person"],
        "until": world.clock.now() + CODE_LIFE,
    }
    world.store.put("line_code", code, value)
    return code
