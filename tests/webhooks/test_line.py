"""What LINE meets: kept before it is answered, once, in the order of time."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from plugin.models import Friend, StatusChange, WebhookEvent, db
from tests.support.people import contact_of, friend_of, linked
from tests.support.signing import line_post
from tests.support.world import Tenant, World

SAMPLES = Path(__file__).parents[3] / "shared/samples/line-webhooks"
USER = "U" + "a" * 32


def event(kind: str, at: int = 1790000000000, user: str = USER, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "mode": "active",
        "timestamp": at,
        "source": {"type": "user", "userId": user},
        "webhookEventId": f"01{kind}{at}{user[:3]}".upper(),
        "deliveryContext": {"isRedelivery": False},
        **more,
    }


def post(world: World, tenant: Tenant, events: Any, **more: Any) -> requests.Response:
    with world.app.app_context():
        account = world.account(tenant)
        body = {"destination": account.bot_user_id, "events": events, **more}
        url = f"{world.url}/line/webhooks/{account.webhook_key}"
        return line_post(url, body, account.channel_secret)


def friends(world: World) -> list[Friend]:
    with world.app.app_context():
        return list(db.session.scalars(select(Friend)))


@pytest.mark.both_databases
def test_follow_makes_a_friend_and_unfollow_a_blocker(world: World, alice: Tenant) -> None:
    assert post(world, alice, [event("follow", 1000)]).status_code == 200
    world.work()
    assert [one.status for one in friends(world)] == ["following"]
    post(world, alice, [event("unfollow", 2000)])
    world.work()
    assert [one.status for one in friends(world)] == ["blocked"]


@pytest.mark.both_databases
def test_every_follow_and_block_is_kept_once_by_its_own_time(world: World, alice: Tenant) -> None:
    post(world, alice, [event("follow", 1000), event("unfollow", 3000)])
    world.work()
    late = event("follow", 2000)
    post(world, alice, [late, {**late, "webhookEventId": "01AGAIN"}, event("message", 4000)])
    world.work()
    with world.app.app_context():
        changes = select(StatusChange.status, StatusChange.at).order_by(StatusChange.at)
        rows = [(status, at.timestamp()) for status, at in db.session.execute(changes)]
    assert rows == [("following", 1), ("following", 2), ("blocked", 3)]


@pytest.mark.both_databases
def test_late_events_do_not_turn_time_back(world: World, alice: Tenant) -> None:
    post(world, alice, [event("unfollow", 3000)])
    world.work()
    post(world, alice, [event("follow", 2000), event("message", 2500)])
    world.work()
    assert [one.status for one in friends(world)] == ["blocked"]


@pytest.mark.both_databases
def test_signs_that_a_database_cannot_hold_stop_nobody(world: World, alice: Tenant) -> None:
    odd = {"type": "text", "id": "1\0", "text": "a\0b \ud800 c\U0001f389"}
    post(world, alice, [event("message", 1000, message=odd), event("follow\0", 1001)])
    post(world, alice, [event("follow", 1002, user="U" * 300)])
    post(world, alice, [event("unsend", 2000, unsend={"messageId": "7"})])
    world.work()
    with world.app.app_context():
        events = db.session.scalars(select(WebhookEvent).order_by(WebhookEvent.occurred_ms)).all()
        assert all(one.handled_at for one in events)
        assert events[0].payload["message"]["text"] == "ab ? c\U0001f389"
    post(world, alice, [event("unsend", 3000, unsend={"messageId": "1"})])
    world.work()
    with world.app.app_context():
        assert "c" not in str(db.session.get_one(WebhookEvent, events[0].id).payload["message"])


@pytest.mark.both_databases
def test_a_message_makes_a_friend_known_before_the_follow_is_told(
    world: World, alice: Tenant
) -> None:
    text = {"type": "text", "id": "1", "text": "x"}
    post(world, alice, [event("message", 2000, message=text)])
    world.work()
    post(world, alice, [event("follow", 1000)])
    world.work()
    [friend] = friends(world)
    assert (friend.status, friend.status_at, friend.last_received_at) == (
        "following", at_ms(2000), at_ms(2000),
    )  # fmt: skip


@pytest.mark.both_databases
def test_a_block_that_is_told_late_still_ends_what_was_before_it(
    world: World, alice: Tenant
) -> None:
    wrote = event("message", 4000, message={"type": "text", "id": "1", "text": "x"})
    for late in (event("follow", 1000), wrote, event("unfollow", 3000)):
        post(world, alice, [late])
        world.work()
    # Who wrote after it had come back.
    assert [one.status for one in friends(world)] == ["following"]
    for late in (event("unfollow", 6000), event("postback", 5000), event("follow", 5500)):
        post(world, alice, [late])
        world.work()
    [friend] = friends(world)
    assert (friend.status, friend.status_at, friend.last_received_at) == (
        "blocked", at_ms(6000), at_ms(5000),
    )  # fmt: skip


def test_a_status_stands_since_it_changed_and_not_since_the_last_message(
    world: World, alice: Tenant
) -> None:
    wrote = {"type": "text", "id": "1", "text": "x"}
    told = [
        (event("follow", 1000), 1000),
        (event("message", 2000, message=wrote), 1000),
        (event("postback", 3000), 1000),
        (event("unfollow", 4000), 4000),
        (event("follow", 3500), 4000),
        (event("follow", 5000), 5000),
        (event("message", 6000, message={**wrote, "id": "2"}), 5000),
    ]
    for happened, since in told:
        post(world, alice, [happened])
        world.work()
        [friend] = friends(world)
        assert friend.status_since == at_ms(since), happened


def at_ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@pytest.mark.both_databases
def test_events_of_one_body_are_handled_in_the_order_of_time(world: World, alice: Tenant) -> None:
    post(world, alice, [event("unfollow", 2000), event("follow", 1000)])
    world.work()
    assert [one.status for one in friends(world)] == ["blocked"]


@pytest.mark.both_databases
def test_a_duplicate_has_no_second_effect(world: World, alice: Tenant) -> None:
    friend_id, contact_row = linked(world, alice, user_id=USER)
    world.work()
    message = event("message", 5000, message={"type": "text", "id": "1", "text": "x"})
    post(world, alice, [message])
    world.work()
    with world.app.app_context():
        wanted = contact_of(contact_row).push_version
    redelivered = {**message, "deliveryContext": {"isRedelivery": True}}
    post(world, alice, [redelivered, message])
    world.work()
    with world.app.app_context():
        assert contact_of(contact_row).push_version == wanted
        kept = select(func.count()).where(WebhookEvent.source == "line")
        assert db.session.scalar(kept) == 1
        received = friend_of(friend_id).last_received_at
        assert received is not None
        assert int(received.timestamp() * 1000) == 5000


def test_hubspot_shows_what_line_said(world: World, alice: Tenant) -> None:
    linked(world, alice, user_id=USER)
    post(world, alice, [event("unfollow", 1790000000001)])
    world.work()
    assert world.sandbox.contact()["line_friend_status"] == "blocked"
    assert world.sandbox.contact()["line_user_id"] == USER


def test_the_empty_verification_call(world: World, alice: Tenant) -> None:
    assert post(world, alice, []).status_code == 200
    with world.app.app_context():
        assert world.account(alice).webhook_seen_at is not None


@pytest.mark.parametrize("case", ["no signature", "wrong secret", "other address", "destination"])
def test_who_is_not_line_learns_nothing(world: World, alice: Tenant, case: str) -> None:
    with world.app.app_context():
        account = world.account(alice)
        key, secret, bot = account.webhook_key, account.channel_secret, account.bot_user_id
    body = {"destination": bot if case != "destination" else "U" + "0" * 32, "events": [event("x")]}
    url = f"{world.url}/line/webhooks/{key if case != 'other address' else 'x' * 32}"
    if case == "no signature":
        answer = requests.post(url, json=body, timeout=30)
    else:
        answer = line_post(url, body, secret if case != "wrong secret" else "0" * 32)
    assert answer.status_code == 401
    assert answer.content == b""
    assert friends(world) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"events": {}}', b'{"events":[1,null]}'])
def test_a_signed_body_that_makes_no_sense_is_let_pass(
    world: World, alice: Tenant, body: bytes
) -> None:
    with world.app.app_context():
        account = world.account(alice)
        answer = line_post(
            f"{world.url}/line/webhooks/{account.webhook_key}",
            body.replace(b"{", b'{"destination":"%s",' % account.bot_user_id.encode(), 1),
            account.channel_secret,
        )
    assert answer.status_code == 200


@pytest.mark.both_databases
def test_odd_events_do_not_hold_up_the_others(world: World, alice: Tenant) -> None:
    odd = [
        event("follow", 1, source="text"),
        event("message", 10**30),
        event("never heard of", 3),
        {"type": "follow"},
        event("follow", 4, user="U" + "b" * 32),
    ]
    assert post(world, alice, odd).status_code == 200
    world.work()
    assert {one.line_user_id for one in friends(world)} == {USER, "U" + "b" * 32}
    with world.app.app_context():
        left = select(func.count()).where(WebhookEvent.handled_at.is_(None))
        assert db.session.scalar(left) == 0


def bodies() -> list[Any]:
    if not SAMPLES.exists():
        return []
    found = [json.loads((SAMPLES / name).read_text()) for name in
             ("webhook-v3.json", "webhook-legacy.json")]  # fmt: skip
    made = json.loads((SAMPLES / "extra-handmade.json").read_text())
    extra = made.get("bodies", made)
    extra = list(extra.values()) if isinstance(extra, dict) else extra
    return found + [one.get("body", one) for one in extra if isinstance(one, dict)]


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample bodies are not here")
@pytest.mark.parametrize("number", range(20))
def test_the_official_samples_pass_the_door(world: World, alice: Tenant, number: int) -> None:
    body = bodies()[number]
    for place, one in enumerate(body["events"]):
        # The samples carry one and the same event id; on the wire each has its own.
        one["webhookEventId"] = f"{one.get('webhookEventId', '')}{place}"
    with world.app.app_context():
        body["destination"] = world.account(alice).bot_user_id
    answer = post(world, alice, body["events"])
    assert answer.status_code == 200
    world.work()
    with world.app.app_context():
        rows = list(db.session.scalars(select(WebhookEvent)))
        assert len(rows) == len(body["events"])
        assert all(row.handled_at is not None for row in rows)
