"""What LINE counts is read as it stands; a refused name for statistics never costs the message."""

from datetime import date
from typing import Any

import pytest

from plugin.gateways import Channel, GatewayError, Opens
from plugin.gateways.line.gateway import LiveLine
from tests.gateways.scripted_server import Reply, ScriptedServer

KEY = "123e4567-e89b-12d3-a456-426614174000"
USER, TEXT = "U" + "a" * 32, [{"type": "text", "text": "Hi"}]
PUSH, MULTICAST = "/v2/bot/message/push", "/v2/bot/message/multicast"
EVENTS = "/v2/bot/insight/message/event/aggregation"
DAY = date(2026, 11, 26)


def test_a_name_goes_with_pushes_and_multicasts(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", PUSH, Reply())
    server.on("POST", MULTICAST, Reply())
    line.push(channel, USER, TEXT, KEY, unit="b1_0")
    line.multicast(channel, [USER], TEXT, KEY, unit="b1_0")
    line.push(channel, USER, TEXT, KEY)
    names = [seen.json().get("customAggregationUnits") for seen in server.seen[1:]]
    assert names == [["b1_0"], ["b1_0"], None]


def test_a_refused_name_is_dropped_and_the_message_goes(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    details = [{"property": "customAggregationUnits", "message": "not available"}]
    body = {"message": "The request body has 1 error(s)", "details": details}
    server.on("POST", PUSH, Reply(400, body), Reply(headers={"x-line-request-id": "req-2"}))
    assert line.push(channel, USER, TEXT, KEY, unit="b1_0").request_id == "req-2"
    first, second = server.sent_to(PUSH)
    assert (first.headers["x-line-retry-key"], second.headers["x-line-retry-key"]) == (KEY, KEY)
    assert second.json() == {"to": USER, "messages": TEXT}


def test_another_refusal_is_one(line: LiveLine, server: ScriptedServer, channel: Channel) -> None:
    details = [{"property": "messages[0].text", "message": "must not be empty"}]
    server.on("POST", PUSH, Reply(400, {"message": "1 error(s)", "details": details}))
    with pytest.raises(GatewayError):
        line.push(channel, USER, TEXT, KEY, unit="b1_0")
    assert len(server.sent_to(PUSH)) == 1


@pytest.mark.parametrize(
    ("overview", "opens"),
    [
        ({"uniqueImpression": 40, "uniqueClick": 30}, Opens(40, 30)),
        ({"uniqueImpression": None, "uniqueClick": None}, Opens(None, None)),
        ({}, Opens(None, None)),
    ],
)
def test_opens_are_null_below_twenty_people(
    line: LiveLine, server: ScriptedServer, channel: Channel, overview: dict[str, Any], opens: Opens
) -> None:
    body = {"overview": overview, "messages": [], "clicks": []}
    server.on("GET", EVENTS, Reply(body=body))
    assert line.opens(channel, "b1_0", DAY, DAY) == opens
    wanted = {"customAggregationUnit": "b1_0", "from": "20261126", "to": "20261126"}
    assert server.seen[-1].query == wanted


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"status": "ready", "success": 1204}, 1204),
        ({"status": "unready"}, None),
        ({"status": "unavailable_for_privacy"}, None),
        ({"status": "something_new"}, None),
    ],
)
def test_a_days_count_may_not_be_there(
    line: LiveLine,
    server: ScriptedServer,
    channel: Channel,
    body: dict[str, Any],
    count: int | None,
) -> None:
    server.on("GET", "/v2/bot/message/delivery/push", Reply(body=body))
    assert line.delivered(channel, "push", DAY) == count


def test_a_reply_carries_its_token_and_no_key(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", "/v2/bot/message/reply", Reply(body={"sentMessages": [{"id": "7"}]}))
    assert line.reply(channel, "token", TEXT, notification_disabled=True).message_ids == ("7",)
    seen = server.seen[-1]
    assert seen.json() == {"replyToken": "token", "messages": TEXT, "notificationDisabled": True}
    assert "x-line-retry-key" not in seen.headers


@pytest.mark.parametrize("body", [{}, {"status": "ready"}, []])
def test_an_odd_answer_is_no_crash(
    line: LiveLine, server: ScriptedServer, channel: Channel, body: Any
) -> None:
    for path in ("/v2/bot/message/delivery/push", EVENTS, "/v2/bot/message/aggregation/info"):
        server.on("GET", path, Reply(body=body))
    for ask in (
        lambda: line.delivered(channel, "push", DAY),
        lambda: line.opens(channel, "b1_0", DAY, DAY),
        lambda: line.aggregation_units(channel),
    ):
        with pytest.raises(GatewayError):
            ask()
