"""Sending: push, multicast, narrowcast, broadcast, reply and the dry runs."""

import re
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import chats
from plugin.sandbox.line.api import rates, reply_tokens, retry_keys, statistics, usage
from plugin.sandbox.line.api.answers import (
    account,
    json_body,
    messaging_blueprint,
    refusal,
    request_id,
)
from plugin.sandbox.line.checks.messages import require_valid
from plugin.sandbox.line.directory import member_of, receives
from plugin.sandbox.line.settings import setting
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

blueprint = messaging_blueprint("line_messages")
USER_ID = re.compile(r"U[0-9a-f]{32}")
RECIPIENTS = 500
FLOOD = "You have sent too many messages to the same user. Try again later."


@blueprint.post("/v2/bot/message/push")
def push() -> ResponseReturnValue:
    """To one user. 200 means accepted: to a blocker nothing arrives and nothing is billed."""
    body, key = json_body(), retry_keys.request_key()
    sandbox, sender = world(), account()
    with sandbox.store:
        retry_keys.require_unused(sandbox, sender["channel_id"], key)
        messages = require_valid(body)
        statistics.require_names(body)
        to = _recipient(body.get("to"), "to")
        if not member_of(sandbox, sender["provider"], to):
            raise refusal(400, "Failed to send messages")
        _require_rate(sandbox, sender["channel_id"], to)
        sent = chats.new_ids(sandbox, len(messages))
        answer = {"sentMessages": sent}
        _accept("push", [to], messages, sent, key, body, answer)
    return jsonify(answer)


@blueprint.post("/v2/bot/message/multicast")
def multicast() -> ResponseReturnValue:
    """To as many as 500 users; the answer has no ids."""
    body, key = json_body(), retry_keys.request_key()
    with world().store:
        retry_keys.require_unused(world(), account()["channel_id"], key)
        messages = require_valid(body)
        statistics.require_names(body)
        user_ids = _recipients(body.get("to"))
        _accept("multicast", user_ids, messages, None, key, body, {})
        world().store.put("line_multicast", account()["channel_id"], {"at": world().clock.millis()})
    return jsonify({})


@blueprint.post("/v2/bot/message/broadcast")
def broadcast() -> ResponseReturnValue:
    return _to_friends("broadcast"), 200


@blueprint.post("/v2/bot/message/narrowcast")
def narrowcast() -> ResponseReturnValue:
    # The sandbox has no audiences or attributes: a narrowcast reaches all friends.
    return _to_friends("narrowcast"), 202


@blueprint.get("/v2/bot/message/progress/narrowcast")
def narrowcast_progress() -> ResponseReturnValue:
    # Here a narrowcast is finished when it is answered.
    return jsonify(phase="succeeded")


@blueprint.post("/v2/bot/message/reply")
def reply() -> ResponseReturnValue:
    """Free of charge, to the user of the event."""
    retry_keys.refuse_key()
    body = json_body()
    messages = require_valid(body)
    channel = account()["channel_id"]
    with world().store:
        user_id = reply_tokens.spend(world(), channel, body.get("replyToken"))
        sent = chats.new_ids(world(), len(messages))
        facts = _facts("reply", "", body)
        reached = [user_id] if receives(world(), channel, user_id) else []
        statistics.count_day(world(), channel, "reply", len(reached))
        chats.deliver(world(), channel, reached, messages, sent, facts)
    return jsonify(sentMessages=sent)


@blueprint.post("/v2/bot/message/validate/<any(reply,push,multicast,narrowcast,broadcast):_kind>")
def validate(_kind: str) -> ResponseReturnValue:
    """Check `messages` only."""
    retry_keys.refuse_key()
    require_valid({"messages": json_body().get("messages")})
    return jsonify({})


def _to_friends(kind: str) -> Any:
    body, key = json_body(), retry_keys.request_key()
    channel = account()["channel_id"]
    with world().store:
        retry_keys.require_unused(world(), channel, key)
        messages = require_valid(body)
        # Blockers are included here, and left out where reachability is checked.
        friends = world().store.keys(f"line_friend/{channel}")
        _accept(kind, friends, messages, None, key, body, {})
    return jsonify({})


def _accept(
    kind: str,
    user_ids: list[str],
    messages: list[Value],
    sent: list[Value] | None,
    key: str,
    body: Value,
    answer: Value,
) -> None:
    # Bill, store the key, deliver. The caller holds the store's lock: all or nothing.
    sandbox, sender = world(), account()
    channel = sender["channel_id"]
    reached = [user_id for user_id in user_ids if receives(sandbox, channel, user_id)]
    usage.bill(sandbox, sender, len(reached))
    retry_keys.accept(sandbox, channel, key, request_id(), answer)
    statistics.count_day(sandbox, channel, kind, len(reached))
    # Only push returns the ids, yet every bubble has one.
    ids = sent or chats.new_ids(sandbox, len(messages))
    facts = {**_facts(kind, key, body), "unit": statistics.take_name(sandbox, channel, body)}
    chats.deliver(sandbox, channel, reached, messages, ids, facts)


def _facts(kind: str, key: str, body: Value) -> Value:
    return {
        "kind": kind,
        "retry_key": key,
        "request_id": request_id(),
        "silent": body.get("notificationDisabled") is True,
    }


def _recipient(value: Any, name: str) -> str:
    if not isinstance(value, str) or not USER_ID.fullmatch(value):
        text = f"The property, {name}, in the request body is invalid (line: -, column: -)"
        raise refusal(400, text)
    return value


def _recipients(value: Any) -> list[str]:
    # Unique ids of this provider; a setting decides about unknown ones.
    if not isinstance(value, list) or not 1 <= len(value) <= RECIPIENTS:
        details = [{"message": f"Size must be between 1 and {RECIPIENTS}", "property": "to"}]
        raise refusal(400, "The request body has 1 error(s)", details)
    provider, ignores = account()["provider"], setting(world(), "multicast_unknown") == "ignore"
    known = []
    for place, entry in enumerate(value):
        user_id = _recipient(entry, f"to[{place}]")
        if member_of(world(), provider, user_id):
            known.append(user_id)
        elif not ignores:
            _recipient(None, f"to[{place}]")
    # A user who is named twice is one recipient, and is billed once.
    return list(dict.fromkeys(known))


def _require_rate(sandbox: World, channel: str, user_id: str) -> None:
    if not sandbox.limits.get("line", True):
        return
    size, seconds = setting(sandbox, "flood_messages"), setting(sandbox, "flood_seconds")
    if not rates.take(sandbox, f"{channel} to {user_id}", size, seconds):
        raise refusal(429, FLOOD)
