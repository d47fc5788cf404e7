"""Webhook events in LINE's shape (ref, Webhook Event Objects)."""

import secrets
from typing import Any

from plugin.sandbox.line.api import reply_tokens
from plugin.sandbox.store import Value
from plugin.sandbox.world import World

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(millis: int) -> str:
    """26 characters: 48 bits of time, 80 random bits."""
    # Time first, so that ids sort by age as LINE's do.
    number = millis << 80 | secrets.randbits(80)
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -5, -5))


def new_event(
    world: World, account: Value, kind: str, user_id: str | None, *, answerable: bool, **extra: Any
) -> Value:
    """An event of a 1:1 chat. `answerable` events carry a reply token; no user, no source."""
    event: Value = {
        "type": kind,
        "mode": "active",
        "timestamp": world.clock.millis(),
        "webhookEventId": ulid(world.clock.millis()),
        "deliveryContext": {"isRedelivery": False},
    }
    if user_id:
        event["source"] = {"type": "user", "userId": user_id}
    if answerable and user_id:
        event["replyToken"] = reply_tokens.issue(world, account["channel_id"], user_id)
    return {**event, **extra}


def follow(world: World, account: Value, user_id: str, *, unblocked: bool) -> Value:
    follow_facts = {"isUnblocked": unblocked}
    return new_event(world, account, "follow", user_id, answerable=True, follow=follow_facts)


def unfollow(world: World, account: Value, user_id: str) -> Value:
    # Blocked. An answer is impossible, so there is no reply token.
    return new_event(world, account, "unfollow", user_id, answerable=False)


def message(world: World, account: Value, user_id: str, content: Value) -> Value:
    return new_event(world, account, "message", user_id, answerable=True, message=content)


def postback(world: World, account: Value, user_id: str, values: Value) -> Value:
    return new_event(world, account, "postback", user_id, answerable=True, postback=values)


def unsend(world: World, account: Value, user_id: str, message_id: str) -> Value:
    facts = {"messageId": message_id}
    return new_event(world, account, "unsend", user_id, answerable=False, unsend=facts)


def account_link(world: World, account: Value, user_id: str | None, nonce: str) -> Value:
    """The end of the account-link dialog; without a user it failed."""
    result = "ok" if user_id else "failed"
    link = {"result": result, "nonce": nonce}
    return new_event(world, account, "accountLink", user_id, answerable=True, link=link)
