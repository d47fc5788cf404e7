"""Sending through the LINE stand-in: acceptance, retry keys, quota, limits."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from linebot.v3.messaging import (
    ApiException,
    MulticastRequest,
    PushMessageRequest,
    TextMessage,
)

from plugin.sandbox.line.directory import user_id_of
from plugin.sandbox.line.seed import OTHER_PROVIDER, SHOP
from tests.sandbox.line.rig import ALICE, BOB, CHARLIE, TEXT, Line

KEY = "123e4567-e89b-12d3-a456-426614174000"


def test_the_sdk_pushes_and_reads_the_ids(line: Line) -> None:
    request = PushMessageRequest(to=CHARLIE, messages=[TextMessage(text="やあ")])
    answer = line.sdk().push_message_with_http_info(request, KEY)
    assert answer.status_code == 200
    [arrived] = line.arrived()
    assert arrived["messages"][0]["text"] == "やあ"
    assert arrived["retry_key"] == KEY
    assert arrived["ids"] == [answer.data.sent_messages[0].id]
    assert arrived["request_id"] == answer.headers["x-line-request-id"]


def test_a_repeated_key_is_a_409_that_says_what_was_sent(line: Line) -> None:
    first = line.push(key=KEY)
    again = line.push(key=KEY.upper())
    assert again.status == 409
    assert again.json() == {
        "message": "The retry key is already accepted",
        "sentMessages": first.json()["sentMessages"],
    }
    assert again.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert again.headers["x-line-request-id"] != first.headers["x-line-request-id"]
    assert len(line.arrived()) == 1


def test_the_sdk_sees_the_409(line: Line) -> None:
    request = PushMessageRequest(to=CHARLIE, messages=[TextMessage(text="hello")])
    line.sdk().push_message(request, KEY)
    with pytest.raises(ApiException) as caught:
        line.sdk().push_message(request, KEY)
    assert caught.value.status == 409


def test_a_refused_request_leaves_its_key_unused(line: Line) -> None:
    assert line.push(key=KEY, messages=[{"type": "text", "text": ""}]).status == 400
    line.control("POST", "/quota", {"limit": 0})
    assert line.push(key=KEY).status == 429
    line.control("POST", "/quota", {"limit": 10})
    assert line.push(key=KEY).status == 200


def test_after_a_day_the_same_key_sends_again(line: Line) -> None:
    line.push(key=KEY)
    line.control("POST", "/clock", {"offset_seconds": 24 * 3600 + 1})
    line.tokens.clear()
    assert line.push(key=KEY).status == 200
    assert line.control("GET", "/deliveries?summary=1")["duplicates"] == 1


def test_a_key_that_is_no_uuid_is_refused(line: Line) -> None:
    assert line.push(key="retry-1").status == 400


def test_one_key_in_many_hands_sends_once(line: Line) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(one.status for one in pool.map(lambda _: line.push(key=KEY), range(16)))
    assert statuses == [200] + [409] * 15
    assert len(line.arrived()) == 1


@pytest.mark.parametrize("state", ["blocked", "none"])
def test_unreachable_people_are_accepted_but_nothing_arrives(line: Line, state: str) -> None:
    users = [{"person": "dora", "state": state}]
    dora = line.control("POST", "/line-users", {"users": users})["user_ids"]["dora"]
    assert line.push(dora).status == 200
    assert line.arrived() == []
    assert line.api("GET", "/v2/bot/message/quota/consumption").json() == {"totalUsage": 0}


def test_who_wrote_receives_for_a_week_without_being_a_friend(line: Line) -> None:
    line.tap("say", text="hello")
    line.push(ALICE)
    line.control("POST", "/clock", {"offset_seconds": 7 * 24 * 3600 + 1})
    line.tokens.clear()
    line.push(ALICE)
    assert len(line.arrived(user_id=ALICE)) == 1


@pytest.mark.parametrize("stranger", [user_id_of("alice", OTHER_PROVIDER), "U" + "0" * 32])
def test_an_id_of_another_provider_fails(line: Line, stranger: str) -> None:
    answer = line.push(stranger)
    assert (answer.status, answer.json()) == (400, {"message": "Failed to send messages"})


def test_a_recipient_that_is_no_id_is_named(line: Line) -> None:
    answer = line.push("alice")
    assert answer.status == 400
    assert answer.json()["message"] == (
        "The property, to, in the request body is invalid (line: -, column: -)"
    )


def test_the_month_runs_out_by_recipients_and_requests(line: Line) -> None:
    line.control("POST", "/quota", {"limit": 2, "used": 1})
    assert line.push(messages=[TEXT] * 5).status == 200
    answer = line.push()
    assert (answer.status, answer.json()["message"]) == (
        429,
        "You have reached your monthly limit.",
    )
    assert line.api("GET", "/v2/bot/message/quota").json() == {"type": "limited", "value": 2}
    assert line.api("GET", "/v2/bot/message/quota/consumption").json() == {"totalUsage": 2}


def test_too_fast_is_a_429_of_its_own(line: Line) -> None:
    body = {"messages": [TEXT]}
    statuses = [line.api("POST", "/v2/bot/message/broadcast", body).status for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    answer = line.api("POST", "/v2/bot/message/broadcast", body)
    assert answer.json()["message"] == "The API rate limit has been exceeded. Try again later."
    line.control("POST", "/limits", {"line": False})
    assert line.api("POST", "/v2/bot/message/broadcast", body).status == 200


def test_a_flood_to_one_user_is_a_third_429(line: Line) -> None:
    line.control("POST", "/line-settings", {"flood_messages": 2, "flood_seconds": 600})
    statuses = [line.push().status for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert "same user" in line.push().json()["message"]


def test_multicast_reaches_friends_once_and_answers_no_ids(line: Line) -> None:
    request = MulticastRequest(to=[CHARLIE, CHARLIE, BOB], messages=[TextMessage(text="hello")])
    answer = line.sdk().multicast_with_http_info(request, KEY)
    assert json.loads(answer.raw_data) == {}
    assert [one["user_id"] for one in line.arrived()] == [CHARLIE]


def test_what_an_unknown_id_does_to_a_multicast_is_a_setting(line: Line) -> None:
    body = {"to": [CHARLIE, "U" + "0" * 32], "messages": [TEXT]}
    answer = line.api("POST", "/v2/bot/message/multicast", body)
    assert answer.status == 400
    assert "to[1]" in answer.json()["message"]
    assert line.arrived() == []
    line.control("POST", "/line-settings", {"multicast_unknown": "ignore"})
    assert line.api("POST", "/v2/bot/message/multicast", body).status == 200
    assert len(line.arrived()) == 1


def test_broadcast_and_narrowcast_reach_all_friends(line: Line) -> None:
    line.control("POST", "/friends", {"count": 3})
    line.control("POST", "/friends", {"count": 2, "following": False, "prefix": "gone"})
    assert line.api("POST", "/v2/bot/message/broadcast", {"messages": [TEXT]}).json() == {}
    answer = line.api("POST", "/v2/bot/message/narrowcast", {"messages": [TEXT]})
    assert answer.status == 202
    assert line.control("GET", "/deliveries?summary=1")["count"] == 8


def test_lost_answers_are_settled_by_the_key(line: Line) -> None:
    line.control("POST", "/faults", {"path": "/message/push$", "times": 1, "effect": "lost"})
    with pytest.raises(Exception, match="onnection"):
        line.push(key=KEY)
    assert line.push(key=KEY).status == 409
    assert len(line.arrived()) == 1


def test_keys_are_bound_to_their_channel(line: Line) -> None:
    line.push(key=KEY)
    body = {"to": CHARLIE, "messages": [TEXT]}
    answer = line.api(
        "POST", "/v2/bot/message/push", body, channel="2000000003", X_Line_Retry_Key=KEY
    )
    assert answer.status == 200
    assert {one["channel"] for one in line.arrived()} == {SHOP}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/bot/message/reply"),
        ("POST", "/v2/bot/message/validate/push"),
        ("GET", "/v2/bot/info"),
        ("GET", "/v2/bot/message/quota"),
    ],
)
def test_other_endpoints_refuse_a_retry_key(line: Line, method: str, path: str) -> None:
    key = str(uuid.uuid4())
    assert line.api(method, path, {"messages": [TEXT]}, X_Line_Retry_Key=key).status == 400
