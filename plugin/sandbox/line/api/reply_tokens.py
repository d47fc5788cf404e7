"""Reply tokens: once, within a minute of the (re)delivered webhook (ref, Send reply message)."""

import secrets
from typing import Any

from plugin.sandbox.line.api.answers import refusal
from plugin.sandbox.world import World

LIFE, OLDEST_EVENT = 60, 20 * 60


def issue(world: World, channel: str, user_id: str) -> str:
    """Return a token that is valid from the sending of its webhook."""
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
        stored = world.store.get("line_reply_token", token)
        now = world.clock.now()
        if stored and now - stored["made"] <= OLDEST_EVENT:
            world.store.put("line_reply_token", token, {**stored, "until": now + LIFE})


def spend(world: World, channel: str, token: Any) -> str:
    """Return the user to answer. A used, late or foreign token is `Invalid reply token`."""
    stored = world.store.get("line_reply_token", str(token))
    if stored is None or stored["channel"] != channel or stored["until"] < world.clock.now():
        raise refusal(400, "Invalid reply token")
    world.store.delete("line_reply_token", str(token))
    return str(stored["user_id"])
