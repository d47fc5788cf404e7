"""What our gateway sends, compared with LINE's own description of its API."""

from datetime import date
from typing import Any

import pytest

from plugin.gateways import Channel, GatewayError
from plugin.gateways.line.gateway import LiveLine
from tests.gateways.line.spec import FILES, FOLDER, Spec
from tests.gateways.scripted_server import Reply, ScriptedServer

pytestmark = [
    pytest.mark.specs,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="LINE's OpenAPI files are not beside us"),
]

USER = "U" + "a" * 32
KEY = "123e4567-e89b-12d3-a456-426614174000"
MESSAGES: list[dict[str, Any]] = [
    {
        "type": "text",
        "text": "Hello $",
        "emojis": [{"index": 6, "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"}],
        "quickReply": {
            "items": [
                {"type": "action", "action": {"type": "message", "label": "Yes", "text": "yes"}}
            ]
        },
    },
    {
        "type": "image",
        "originalContentUrl": "https://example.com/a.jpg",
        "previewImageUrl": "https://example.com/b.jpg",
    },
    {
        "type": "template",
        "altText": "Sure?",
        "template": {
            "type": "confirm",
            "text": "Sure?",
            "actions": [
                {"type": "uri", "label": "Open", "uri": "https://example.com"},
                {"type": "postback", "label": "No", "data": "no"},
            ],
        },
    },
    {
        "type": "flex",
        "altText": "An offer",
        "contents": {
            "type": "bubble",
            "body": {
                "type": "box",
                "layout": "vertical",
                "contents": [{"type": "text", "text": "見て", "weight": "bold"}],
            },
        },
    },
]


@pytest.fixture(scope="module")
def specs() -> list[Spec]:
    return [Spec(FOLDER / name) for name in FILES]


def test_every_request_is_one_that_line_describes(
    line: LiveLine, server: ScriptedServer, channel: Channel, specs: list[Spec]
) -> None:
    for path in ("push", "multicast", "reply", "validate/push"):
        server.on("POST", f"/v2/bot/message/{path}", Reply())
    server.on("PUT", "/v2/bot/channel/webhook/endpoint", Reply())
    line.push(channel, USER, MESSAGES, KEY)
    line.push(channel, USER, MESSAGES, KEY, notification_disabled=True)
    line.push(channel, USER, MESSAGES, KEY, unit="b1_0")
    line.multicast(channel, [USER], MESSAGES, KEY, unit="b1_0")
    line.reply(channel, "0f3779fba3b349968c5d07db31eab56f", MESSAGES)
    line.validate(channel, MESSAGES)
    line.set_webhook(channel, "https://example.com/line/webhooks/key")
    # Only the requests matter; nothing answers these.
    for ask in (
        lambda: line.bot_info(channel),
        lambda: line.test_webhook(channel, "https://example.com/line/webhooks/key"),
        lambda: line.profile(channel, USER),
        lambda: line.follower_ids(channel, None),
        lambda: line.follower_ids(channel, "abc"),
        lambda: line.quota(channel),
        lambda: line.aggregation_units(channel),
        lambda: line.opens(channel, "b1_0", date(2026, 11, 1), date(2026, 11, 30)),
        lambda: line.delivered(channel, "push", date(2026, 11, 1)),
        lambda: line.delivered(channel, "multicast", date(2026, 11, 1)),
    ):
        with pytest.raises(GatewayError):
            ask()
    assert line.get_webhook(channel) is None
    assert len(server.seen) == 19
    for seen in server.seen:
        verdicts = [spec.problems(seen) for spec in specs]
        known = [verdict for verdict in verdicts if verdict is not None]
        assert known == [[]], f"{seen.method} {seen.path}: {known}"


def test_the_rest_of_the_quota_is_described_too(
    line: LiveLine, server: ScriptedServer, channel: Channel, specs: list[Spec]
) -> None:
    server.on("GET", "/v2/bot/message/quota", Reply(body={"type": "none"}))
    server.on("GET", "/v2/bot/message/quota/consumption", Reply(body={"totalUsage": 0}))
    line.quota(channel)
    assert [specs[0].problems(seen) for seen in server.seen[1:]] == [[], []]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "bogus"},
        {"type": "text"},
        {"type": "text", "text": "a", "tetx": "typo"},
        {"type": "flex", "altText": "a", "contents": {"type": "bubble", "body": {"type": "box"}}},
        {"type": "template", "altText": "a", "template": {"type": "confirm", "text": "a"}},
        {"text": "no type"},
    ],
)
def test_the_judge_sees_mistakes(specs: list[Spec], message: dict[str, Any]) -> None:
    body = {"to": USER, "messages": [message]}
    assert specs[0].schema_problems("PushMessageRequest", body)


def test_the_judge_accepts_what_is_right(specs: list[Spec]) -> None:
    body = {"to": USER, "messages": MESSAGES}
    assert specs[0].schema_problems("PushMessageRequest", body) == []
