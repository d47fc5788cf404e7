"""Adding, blocking and unblocking an account, with the resulting webhook."""

from plugin.sandbox.line import delivery, events
from plugin.sandbox.line.directory import befriend, friend_state
from plugin.sandbox.store import Value
from plugin.sandbox.world import World


def add(world: World, account: Value, user_id: str) -> bool:
    """Add or unblock; return False if they were friends already."""
    before = friend_state(world, account["channel_id"], user_id)
    if before == "following":
        return False
    befriend(world, account["channel_id"], user_id)
    # LINE calls isUnblocked not fully accurate; here it is.
    event = events.follow(world, account, user_id, unblocked=before == "blocked")
    delivery.raise_event(world, account, event)
    return True


def block(world: World, account: Value, user_id: str) -> bool:
    """Block, as only a friend can."""
    if friend_state(world, account["channel_id"], user_id) != "following":
        return False
    befriend(world, account["channel_id"], user_id, "blocked")
    delivery.raise_event(world, account, events.unfollow(world, account, user_id))
    return True
