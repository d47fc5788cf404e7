"""What the LINE stand-in sends to a webhook, and when again."""

import time
from typing import Any

import pytest
from linebot.v3 import messaging
from linebot.v3.webhook import WebhookParser
from linebot.v3.webhooks import FollowEvent, MessageEvent

from plugin.sandbox.line.delivery import signature
from plugin.sandbox.line.seed import SHOP
from tests.sandbox.line.rig import ALICE, SECRET, TEXT, Line, eventually
from tests.support.processes import free_port

REPLY = "/v2/bot/message/reply"


def reply(line: Line, token: str) -> Any:
    return line.api("POST", REPLY, {"replyToken": token, "messages": [TEXT]})


def log(line: Line) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = line.control("GET", "/webhook-log")["log"]
    return lines


def test_the_documented_signature() -> None:
    body = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
    expected = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="
    assert signature("8c570fa6dd201bb328f1c1eac23a96d8", body) == expected


def test_following_and_writing_are_read_by_the_sdk(line: Line) -> None:
    line.listen()
    line.tap("friend", do="add")
    line.tap("say", text="こんにちは")
    line.events(2)
    parser = WebhookParser(SECRET)
    first, second = (
        parser.parse(call.body.decode(), call.headers["X_LINE_SIGNATURE"])[0]
        for call in line.app.received
    )
    assert isinstance(first, FollowEvent)
    assert first.follow.is_unblocked is False
    assert isinstance(second, MessageEvent)
    assert second.source.user_id == ALICE
    assert len(second.webhook_event_id) == 26


def test_blocking_and_unblocking(line: Line) -> None:
    line.listen()
    for do in ("add", "block", "add"):
        line.tap("friend", do=do)
    added, blocked, unblocked = line.events(3)
    assert [one["type"] for one in (added, blocked, unblocked)] == ["follow", "unfollow", "follow"]
    assert "replyToken" not in blocked
    assert unblocked["follow"] == {"isUnblocked": True}


def test_taps_and_taking_back(line: Line) -> None:
    line.listen()
    action = '{"type": "postback", "label": "Yes", "data": "a=1", "displayText": "Yes!"}'
    line.tap("tap", action=action)
    picker = '{"type": "datetimepicker", "label": "When", "data": "when", "mode": "date"}'
    line.tap("tap", action=picker, value="2026-12-24")
    line.tap("say", text="oops")
    tapped, picked, wrote = line.events(3)
    assert tapped["postback"] == {"data": "a=1"}
    assert picked["postback"] == {"data": "when", "params": {"date": "2026-12-24"}}
    line.tap(f"unsend/{wrote['message']['id']}")
    assert line.events(4)[3]["unsend"] == {"messageId": wrote["message"]["id"]}
    page = line.browser("alice").get(f"/phone/alice/chat/{SHOP}").text
    assert "Yes!" in page
    assert "oops" not in page


def test_a_reply_is_free_and_works_once(line: Line) -> None:
    line.listen()
    line.tap("say", text="hello")
    token = line.events()[0]["replyToken"]
    assert reply(line, token).json()["sentMessages"]
    again = reply(line, token)
    assert (again.status, again.json()["message"]) == (400, "Invalid reply token")
    assert line.api("GET", "/v2/bot/message/quota/consumption").json() == {"totalUsage": 0}
    assert [one["kind"] for one in line.arrived()] == ["reply"]


def test_a_reply_is_too_late_after_a_minute(line: Line) -> None:
    line.listen()
    line.tap("say", text="hello")
    token = line.events()[0]["replyToken"]
    line.control("POST", "/clock", {"offset_seconds": 62})
    assert reply(line, token).status == 400


def test_redelivery_is_off_by_default(line: Line) -> None:
    line.listen()
    line.app.answer = lambda received: (500, {})
    line.tap("say", text="hello")
    eventually(lambda: log(line))
    time.sleep(0.2)
    [only] = log(line)
    assert (only["status"], only["reason"], only["ok"]) == (500, "ERROR_STATUS_CODE", False)


def test_a_redelivered_event_differs_in_one_flag(line: Line) -> None:
    line.listen()
    line.control("POST", f"/line-channels/{SHOP}", {"redelivery": True})
    line.control("POST", "/line-settings", {"redelivery_delays": [0.05, 0.05]})
    line.app.answer = lambda received: (500 if len(line.app.received) == 1 else 200, {})
    line.tap("say", text="hello")
    first, second = line.events(2)
    assert second == {**first, "deliveryContext": {"isRedelivery": True}}
    assert reply(line, second["replyToken"]).status == 200


def test_a_slow_answer_is_a_timeout(line: Line) -> None:
    line.listen()

    def dawdle(received: Any) -> tuple[int, Any]:
        time.sleep(2.3)
        return 200, {}

    line.app.answer = dawdle
    line.tap("say", text="hello")
    [only] = eventually(lambda: log(line))
    assert only["reason"] == "REQUEST_TIMEOUT"


def test_nothing_leaves_while_the_webhook_is_off(line: Line) -> None:
    line.listen()
    line.control("POST", f"/line-channels/{SHOP}", {"use_webhook": False})
    assert line.api("GET", "/v2/bot/channel/webhook/endpoint").json()["active"] is False
    line.tap("say", text="hello")
    time.sleep(0.1)
    assert log(line) == []


def test_events_in_the_told_order_and_twice(line: Line) -> None:
    line.listen()
    told = [{"type": "unfollow", "user": "alice"}, {"type": "follow", "user": "alice"}]
    answer = line.control("POST", "/line-events", {"events": told, "times": 2})
    types = [event["type"] for event in line.events(4)]
    assert types == ["unfollow", "follow", "unfollow", "follow"]
    assert [call["status"] for call in answer["calls"]] == [200] * 4
    assert len({event["webhookEventId"] for event in line.events(4)}) == 2


def test_forged_and_foreign_bodies_on_demand(line: Line) -> None:
    line.listen()
    told = {"events": [{"type": "follow", "user": "alice"}], "forged": True, "together": True}
    line.control("POST", "/line-events", told)
    [call] = line.app.received
    assert call.headers["X_LINE_SIGNATURE"] != signature(SECRET, call.body)
    line.control("POST", "/line-events", {**told, "forged": False, "destination": "U1"})
    assert line.app.received[1].json["destination"] == "U1"


def test_the_sdk_sets_reads_and_tests_the_endpoint(line: Line) -> None:
    sdk = line.sdk()
    assert line.api("GET", "/v2/bot/channel/webhook/endpoint").status == 404
    endpoint = f"{line.config.target}/line/webhooks/key"
    sdk.set_webhook_endpoint(messaging.SetWebhookEndpointRequest(endpoint=endpoint))
    assert sdk.get_webhook_endpoint().endpoint == endpoint
    told = sdk.test_webhook_endpoint(messaging.TestWebhookEndpointRequest())
    assert (told.success, told.status_code, told.reason) == (True, 200, "OK")
    assert line.app.received[0].json["events"] == []


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "ERROR_STATUS_CODE"), (302, "ERROR_STATUS_CODE")]
)
def test_the_test_endpoint_tells_the_status(line: Line, status: int, reason: str) -> None:
    line.listen()
    line.app.answer = lambda received: (status, {})
    told = line.api("POST", "/v2/bot/channel/webhook/test", {}).json()
    assert (told["success"], told["statusCode"], told["reason"]) == (False, status, reason)


def test_the_test_endpoint_meets_nobody(line: Line) -> None:
    body = {"endpoint": f"http://127.0.0.1:{free_port()}/"}
    told = line.api("POST", "/v2/bot/channel/webhook/test", body).json()
    assert (told["success"], told["reason"]) == (False, "COULD_NOT_CONNECT")


@pytest.mark.parametrize("endpoint", ["http://example.com/", "x", "", "https://e.com/" + "a" * 490])
def test_an_endpoint_is_https_and_short(line: Line, endpoint: str) -> None:
    answer = line.api("PUT", "/v2/bot/channel/webhook/endpoint", {"endpoint": endpoint})
    assert answer.status == 400
