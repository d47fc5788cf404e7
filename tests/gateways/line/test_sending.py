"""Push and multicast: content untouched, once, and no doubt about what LINE took."""

import json
from typing import Any

import pytest

from plugin.gateways import Accepted, Channel, GatewayError
from plugin.gateways.line.gateway import LiveLine
from tests.gateways.conftest import impatient
from tests.gateways.scripted_server import Reply, ScriptedServer

PUSH = "/v2/bot/message/push"
MULTICAST = "/v2/bot/message/multicast"
USER = "U" + "a" * 32
KEY = "123e4567-e89b-12d3-a456-426614174000"
TEXT = [{"type": "text", "text": "こんにちは 🎉"}]
ID = {"x-line-request-id": "req-1"}
FLEX: dict[str, Any] = {
    "type": "flex",
    "altText": "An offer",
    "contents": {
        "type": "bubble",
        "body": {
            "type": "box",
            "layout": "vertical",
            "contents": [{"type": "text", "text": "見て", "notYetKnownToAnySdk": {"deep": [1.5]}}],
        },
    },
}
STORED = [
    *TEXT,
    FLEX,
    {"type": "template", "altText": "?", "template": {"type": "confirm", "text": "OK?"}},
    {"type": "hologram", "new": True, "none": None, "empty": ""},
]


def push(line: LiveLine, channel: Channel) -> Accepted:
    return line.push(channel, USER, TEXT, KEY)


def test_the_wire_carries_the_stored_json(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", PUSH, Reply(body={"sentMessages": [{"id": "1"}]}))
    stored = json.dumps(STORED)
    line.push(channel, USER, json.loads(stored), KEY)
    sent = server.sent_to(PUSH)[0]
    assert sent.json() == {"to": USER, "messages": STORED}
    assert list(sent.json()["messages"][1]) == list(FLEX)
    assert sent.headers["content-type"] == "application/json"


def test_silence_is_asked_for_only_when_wanted(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", PUSH, Reply())
    server.on("POST", MULTICAST, Reply())
    line.push(channel, USER, TEXT, KEY, notification_disabled=True)
    line.multicast(channel, (USER, "U2"), TEXT, KEY, notification_disabled=True)
    line.multicast(channel, [USER], TEXT, KEY)
    bodies = [seen.json() for seen in server.seen[1:]]
    assert [body.get("notificationDisabled") for body in bodies] == [True, True, None]
    assert bodies[1]["to"] == [USER, "U2"]


def test_the_retry_key_is_on_the_first_attempt_and_on_sends_only(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", PUSH, Reply())
    server.on("POST", MULTICAST, Reply())
    server.on("POST", "/v2/bot/message/validate/push", Reply())
    line.validate(channel, TEXT)
    push(line, channel)
    line.multicast(channel, [USER], TEXT, KEY)
    keys = {seen.path: seen.headers.get("x-line-retry-key") for seen in server.seen}
    assert keys == {
        "/oauth2/v3/token": None,
        "/v2/bot/message/validate/push": None,
        PUSH: KEY,
        MULTICAST: KEY,
    }


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"sentMessages": [{"id": "4612309668420648", "quoteToken": "q"}]}, ("4612309668420648",)),
        ({"sentMessages": [{"id": 4612309668420648}]}, ("4612309668420648",)),
        ({"sentMessages": []}, ()),
        ({"sentMessages": [{"quoteToken": "q"}, "odd"]}, ()),
        ({"sentMessages": 5}, ()),
        ({}, ()),
        ([], ()),
        (b"", ()),
        (b"<html>\xff", ()),
    ],
)  # fmt: skip
def test_a_200_is_accepted_whatever_its_body(
    line: LiveLine, server: ScriptedServer, channel: Channel, body: Any, ids: tuple[str, ...]
) -> None:
    server.on("POST", PUSH, Reply(body=body, headers=ID))
    assert push(line, channel) == Accepted("req-1", ids, repeated=False)
    assert len(server.sent_to(PUSH)) == 1


def test_a_200_whose_body_breaks_off_is_accepted(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", PUSH, Reply(body={"sentMessages": [{"id": "1"}]}, headers=ID, cut=True))
    assert push(line, channel) == Accepted("req-1", (), repeated=False)


def test_a_409_that_names_the_accepted_request_is_success(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    body = {
        "message": "The retry key is already accepted",
        "sentMessages": [{"id": "7", "quoteToken": "q"}],
    }
    headers = {"x-line-request-id": "req-2", "X-Line-Accepted-Request-Id": "req-1"}
    server.on("POST", PUSH, Reply(409, body, headers))
    server.on("POST", MULTICAST, Reply(409, b"\xff", headers))
    assert push(line, channel) == Accepted("req-1", ("7",), repeated=True)
    assert line.multicast(channel, [USER], TEXT, KEY) == Accepted("req-1", (), repeated=True)


def test_a_409_without_that_header_is_a_conflict(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", PUSH, Reply(409, {"message": "Conflict"}, ID))
    with pytest.raises(GatewayError) as caught:
        push(line, channel)
    assert (caught.value.reason, caught.value.permanent) == ("conflict", True)
    assert caught.value.request_id == "req-1"


@impatient
@pytest.mark.parametrize("reply", [Reply(drop=True), Reply(delay=3)], ids=["drop", "silence"])
def test_a_lost_answer_is_told_and_the_same_key_settles_it(
    line: LiveLine, server: ScriptedServer, channel: Channel, reply: Reply
) -> None:
    taken = Reply(409, {}, {"x-line-accepted-request-id": "req-1"})
    server.on("POST", PUSH, reply, taken)
    with pytest.raises(GatewayError) as caught:
        push(line, channel)
    assert (caught.value.reason, caught.value.permanent) == ("lost", False)
    assert push(line, channel).repeated
    first, second = server.sent_to(PUSH)
    assert first.body == second.body
    assert first.headers["x-line-retry-key"] == second.headers["x-line-retry-key"] == KEY
