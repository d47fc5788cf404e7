"""The chats: messages of both sides, and a record of what arrived.

Kinds: `line_chat/<channel>/<user id>` (bubbles, oldest first), `line_delivery` (one per person and
accepted request, for `GET /control/deliveries`).
"""

import secrets
from typing import Any

from plugin.sandbox.store import Value
from plugin.sandbox.world import World

# LINE's ids are numbers of 18 digits, written as text: too long for a JavaScript number.
FIRST_ID = 580_000_000_000_000_001


def chat_kind(channel: str, user_id: str) -> str:
    return f"line_chat/{channel}/{user_id}"


def new_ids(world: World, count: int) -> list[Value]:
    """`sentMessages`: an id and a quote token for each bubble."""
    return [
        {
            "id": str(world.store.next_id("line_message", FIRST_ID)),
            "quoteToken": secrets.token_urlsafe(64),
        }
        for _ in range(count)
    ]


def deliver(
    world: World,
    channel: str,
    user_ids: list[str],
    messages: list[Value],
    sent: list[Value],
    facts: Value,
) -> None:
    """Put the bubbles into each person's chat. `facts`: kind, request id, retry key, silence."""
    ids = [message["id"] for message in sent]
    common = {"from": "account", "channel": channel, "at": world.clock.millis(), **facts}
    for user_id in user_ids:
        number = world.store.next_id("line_delivery")
        value = {**common, "n": number, "user_id": user_id, "ids": ids, "messages": messages}
        # One value under two names: the record for tests, and the bubble on the phone.
        world.store.put("line_delivery", number, value)
        world.store.put(chat_kind(channel, user_id), ids[0], value)
        # What was being written has come.
        world.store.delete("line_loading", f"{channel} {user_id}")


def keep_incoming(world: World, channel: str, user_id: str, message: Value) -> None:
    value = {
        "from": "person",
        "channel": channel,
        "user_id": user_id,
        "ids": [message["id"]],
        "messages": [message],
        "at": world.clock.millis(),
    }
    world.store.put(chat_kind(channel, user_id), message["id"], value)


def bubbles(world: World, channel: str, user_id: str) -> list[Value]:
    return world.store.all(chat_kind(channel, user_id))


def last_words(world: World, channel: str, user_id: str) -> str:
    chat = bubbles(world, channel, user_id)
    return summary(chat[-1]["messages"][-1]) if chat else ""


def summary(message: dict[str, Any]) -> str:
    """The text of a phone's notification for a message."""
    if message.get("unsent"):
        return "(unsent)"
    for member in ("text", "altText", "title"):
        if message.get(member):
            return str(message[member])
    return f"[{message.get('type', 'message')}]"
