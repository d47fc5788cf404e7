"""LINE's users: persons with phones, their ids by provider, and their friendships.

Kinds in the store: `line_person` (a phone), `line_user` (an id: one person in one provider),
`line_account` and `line_login` (channels), `line_friend/<channel>` (following or blocked),
`line_wrote/<channel>` (wrote to the account, which allows 7 days of pushes to a non-friend).
"""

import hashlib
from typing import Literal

from plugin.sandbox.store import Value
from plugin.sandbox.world import World

FriendState = Literal["following", "blocked", "none"]
WEEK = 7 * 24 * 3600


def user_id_of(person: str, provider: str) -> str:
    """The person's id in a provider: the same in all its channels, different elsewhere."""
    return f"U{hashlib.sha256(f'{provider}/{person}'.encode()).hexdigest()[:32]}"


def person_of(world: World, user_id: str) -> Value | None:
    """Return the person of a user id, or None if LINE never issued it."""
    user = world.store.get("line_user", user_id)
    return world.store.get("line_person", user["person"]) if user else None


def member_of(world: World, provider: str, user_id: str) -> bool:
    """Return whether this id was issued within the provider."""
    user = world.store.get("line_user", user_id)
    return user is not None and user["provider"] == provider


def add_person(world: World, person: str, provider: str, facts: Value) -> str:
    """Create a LINE user, or update one; return their id in the provider."""
    user_id = user_id_of(person, provider)
    known = world.store.get("line_person", person) or {
        "person": person,
        "name": person,
        "language": "en",
        "email": "",
        "picture": f"{world.config.base_url}/line-picture/{person}.svg",
        "status_message": "",
    }
    world.store.put("line_person", person, {**known, **facts})
    world.store.put(
        "line_user", user_id, {"user_id": user_id, "person": person, "provider": provider}
    )
    return user_id


def id_in(world: World, person: str, provider: str) -> str:
    """Return the person's id in the provider, issued at the first use."""
    user_id = user_id_of(person, provider)
    if world.store.get("line_user", user_id) is None:
        add_person(world, person, provider, {})
    return user_id


def friend_state(world: World, channel: str, user_id: str) -> FriendState:
    entry = world.store.get(f"line_friend/{channel}", user_id)
    state: FriendState = entry["state"] if entry else "none"
    return state


def befriend(world: World, channel: str, user_id: str, state: FriendState = "following") -> None:
    """Store the state; `raise_follow` sends the webhook."""
    value = {"state": state, "at": world.clock.millis()}
    world.store.put(f"line_friend/{channel}", user_id, value)


def note_wrote(world: World, channel: str, user_id: str) -> None:
    # The person wrote 1:1, so the account may push for 7 days even to a non-friend.
    world.store.put(f"line_wrote/{channel}", user_id, {"at": world.clock.now()})


def receives(world: World, channel: str, user_id: str) -> bool:
    """Return whether a push would arrive: to friends, and non-friends who wrote within 7 days
    (docs)."""
    state = friend_state(world, channel, user_id)
    if state != "none":
        return state == "following"
    wrote = world.store.get(f"line_wrote/{channel}", user_id)
    return wrote is not None and world.clock.now() - wrote["at"] <= WEEK
