"""Calls of an account's webhook: signed, in the background, logged, redelivered if switched on.

A person's events leave in order, each after the answer to the previous one, so that a newcomer sees
no surprises; tests send them in any order over `/control/line-events`.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from typing import Any

import urllib3

from plugin.sandbox.line.api import reply_tokens
from plugin.sandbox.line.settings import setting
from plugin.sandbox.store import Value
from plugin.sandbox.world import World

PATIENCE = 2.0  # seconds; LINE calls a later answer `request_timeout`
LOG_SIZE = 5000


def signature(secret: str, body: bytes) -> str:
    """`x-line-signature`: Base64 of HMAC-SHA256 over the raw body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def raise_event(world: World, account: Value, event: Value) -> None:
    """Send an event soon, unless the console's "Use webhook" is off."""
    if not account["use_webhook"] or not account["webhook_endpoint"]:
        return
    user_id = event.get("source", {}).get("userId", "")
    name = f"{account['channel_id']} {user_id}"
    with world.store:
        lanes = world.memory.setdefault("line_lanes", {})
        lane = lanes.setdefault(name, {"waiting": [], "busy": False})
        lane["waiting"].append(event)
        starts, lane["busy"] = not lane["busy"], True
    if starts:
        world.background.submit(_drain, world, account["channel_id"], lane)


def _drain(world: World, channel: str, lane: Value) -> None:
    while True:
        with world.store:
            if not lane["waiting"]:
                lane["busy"] = False
                return
            event = lane["waiting"].pop(0)
        account = world.store.get("line_account", channel)
        if account:
            deliver_once(world, account, [event])


def deliver_once(
    world: World, account: Value, events: list[Value], attempt: int = 0, *, forged: bool = False
) -> Value:
    """Make a webhook call, apply its consequences, and return its log entry."""
    for event in events:
        reply_tokens.renew(world, event.get("replyToken", ""))
    outcome = call(world, account, account["webhook_endpoint"], events, forged=forged)
    line = _log(world, account, events, outcome)
    if not outcome["ok"] and account["redelivery"] and events and not forged:
        _redeliver_later(world, account["channel_id"], events, attempt)
    return line


def _redeliver_later(world: World, channel: str, events: list[Value], attempt: int) -> None:
    delays = setting(world, "redelivery_delays")
    if attempt >= len(delays):
        return
    again = [{**event, "deliveryContext": {"isRedelivery": True}} for event in events]

    def redeliver() -> None:
        account = world.store.get("line_account", channel)
        if account and account["redelivery"] and account["use_webhook"]:
            deliver_once(world, account, again, attempt + 1)

    timer = threading.Timer(delays[attempt], redeliver)
    # A promise of the sandbox is not worth keeping a process alive.
    timer.daemon = True
    timer.start()


def call(
    world: World, account: Value, endpoint: str, events: list[Value], *, forged: bool = False
) -> Value:
    """POST the events: `{ok, status, reason, detail, seconds}`; reasons as in LINE's statistics."""
    payload = {"destination": account["bot_user_id"], "events": events}
    # The bytes that are signed are the bytes that are sent.
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "LineBotWebhook/2.0",
        "x-line-signature": signature("forged" if forged else account["secret"], body),
    }
    # urllib3's limit is per read; an answer that trickles in is late by this measure.
    started = time.monotonic()
    status, reason, detail = _post(world, endpoint, body, headers)
    seconds = time.monotonic() - started
    if status and seconds > PATIENCE:
        status, reason, detail = 0, "REQUEST_TIMEOUT", "no answer within 2 seconds"
    facts = {"status": status, "reason": reason, "detail": detail}
    return {"ok": reason == "OK", **facts, "seconds": round(seconds, 3)}


def _post(
    world: World, endpoint: str, body: bytes, headers: dict[str, str]
) -> tuple[int, str, str]:
    timeout = urllib3.Timeout(connect=PATIENCE, read=PATIENCE)
    try:
        answer: Any = world.http.request(
            "POST", endpoint, body=body, headers=headers, timeout=timeout, redirect=False
        )
    except urllib3.exceptions.ReadTimeoutError:
        return 0, "REQUEST_TIMEOUT", "no answer within 2 seconds"
    except urllib3.exceptions.HTTPError as error:
        return 0, "COULD_NOT_CONNECT", type(error).__name__
    if 200 <= answer.status < 300:
        return answer.status, "OK", str(answer.status)
    return answer.status, "ERROR_STATUS_CODE", str(answer.status)


def _log(world: World, account: Value, events: list[Value], outcome: Value) -> Value:
    number = world.store.next_id("line_webhook_log")
    line = {
        "n": number,
        "at": world.clock.millis(),
        "channel": account["channel_id"],
        "endpoint": account["webhook_endpoint"],
        "types": [event["type"] for event in events],
        "ids": [event["webhookEventId"] for event in events],
        "redelivery": any(event["deliveryContext"]["isRedelivery"] for event in events),
        **outcome,
    }
    world.store.put("line_webhook_log", number, line)
    # A bench must not fill the memory with its own history.
    world.store.delete("line_webhook_log", number - LOG_SIZE)
    return line
