"""LINE's refusals: the verdict by status, and for 429 by its words."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from plugin.gateways import Channel, GatewayError
from plugin.gateways.line.client import LineAnswer
from plugin.gateways.line.errors import refusal
from plugin.gateways.line.gateway import LiveLine
from tests.gateways.conftest import NOW, RecordingMeter
from tests.gateways.scripted_server import Reply, ScriptedServer

RATE = "The API rate limit has been exceeded. Try again later."
MONTH = "You have reached your monthly limit."


@pytest.mark.parametrize(
    ("status", "reason", "permanent"),
    [
        (400, "invalid", True),
        (401, "unauthorized", True),
        (403, "forbidden", True),
        (404, "not_found", True),
        (409, "conflict", True),
        (410, "refused", True),
        (413, "refused", True),
        (415, "refused", True),
        (500, "unavailable", False),
        (503, "unavailable", False),
        (302, "unavailable", False),
    ],
)
def test_every_status_has_a_verdict(status: int, reason: str, permanent: bool) -> None:
    error = refusal(LineAnswer(status, {"x-line-request-id": "r"}, b""), "push", NOW)
    assert (error.reason, error.permanent, error.status) == (reason, permanent, status)
    assert (error.request_id, error.retry_at) == ("r", None)


@pytest.mark.parametrize(
    ("endpoint", "message", "reason", "wait", "closes"),
    [
        ("push", RATE, "rate_limited", 3, True),
        ("multicast", RATE, "rate_limited", 3, True),
        ("push", MONTH, "monthly_limit", 300, False),
        ("multicast", MONTH, "monthly_limit", 300, False),
        ("push", "Too many messages were sent to this user", "user_flood", 60, False),
        ("push", None, "user_flood", 60, False),
        ("multicast", "words never seen", "rate_limited", 3, True),
    ],
)
def test_a_429_is_told_apart_by_its_words(
    line: LiveLine,
    server: ScriptedServer,
    channel: Channel,
    meter: RecordingMeter,
    endpoint: str,
    message: str | None,
    reason: str,
    wait: int,
    closes: bool,
) -> None:
    body = {"message": message} if message else b""
    server.on("POST", f"/v2/bot/message/{endpoint}", Reply(429, body))
    send: Callable[[], object] = {
        "push": partial(line.push, channel, "U1", [], "key"),
        "multicast": partial(line.multicast, channel, ["U1"], [], "key"),
    }[endpoint]
    with pytest.raises(GatewayError) as caught:
        send()
    error = caught.value
    until = NOW + timedelta(seconds=wait)
    assert (error.reason, error.permanent, error.retry_at) == (reason, False, until)
    assert meter.closed == ({f"line:2000000001:{endpoint}": until} if closes else {})


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ([{"message": "May not be empty", "property": "messages[0].text"}], "messages[0].text: "),
        ([{"message": "Only words"}], "Only words"),
        ([{"property": "to[1]"}], "to[1]"),
    ],
)
def test_details_are_kept_with_what_they_have(
    line: LiveLine, server: ScriptedServer, channel: Channel, details: Any, expected: str
) -> None:
    body = {"message": "The request body has 1 error(s)", "details": details}
    server.on("POST", "/v2/bot/message/push", Reply(400, body))
    with pytest.raises(GatewayError) as caught:
        line.push(channel, "U1", [], "key")
    assert caught.value.message == "The request body has 1 error(s)"
    assert caught.value.details[0].startswith(expected)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"details": [5, {}]}', b'{"details": 5}'])
def test_any_body_has_a_verdict(body: bytes) -> None:
    error = refusal(LineAnswer(400, {}, body), "push", NOW)
    assert (error.reason, error.details) == ("invalid", ())
