"""Reply tokens: once, within a minute of the (re)delivered webhook (ref, Send reply message)."""

import secrets
from typing import Any

from plugin.sandbox.line.answers import refusal
from plugin.sandbox.world import World

LIFE, OLDEST_EVENT = 60, 20 * 60


def issue(world: World, channel: str, user_id: str) -> str:
    """A token that begins to live when its webhook is sent."""
    token = secrets.token_hex(16)
    value = {
        "channel": channel,
        "user_id": user_id,
        "made": world.clock.now(),
        "until": world.clock.now() + LIFE,
    }
    world.store.put("line_reply_token", token, value)
    return token


def renew(world: World, token: str) -> None:
    """A (re)delivery gives another minute, unless the event is older than 20."""
    with world.store:
        found = world.store.get("line_reply_token", token)
        now = world.clock.now()
        if found and now - found["made"] <= OLDEST_EVENT:
            world.store.put("line_reply_token", token, {**found, "until": now + LIFE})


def spend(world: World, channel: str, token: Any) -> str:
    """The user to answer. A used, late or foreign token is `Invalid reply token`."""
    found = world.store.get("line_reply_token", str(token))
    if found is None or found["channel"] != channel or found["until"] < world.clock.now():
        raise refusal(400, "Invalid reply token")
    world.store.delete("line_reply_token", str(token))
    return str(found["user_id"])
