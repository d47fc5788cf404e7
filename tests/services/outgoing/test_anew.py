"""A receiver that is switched on again, moved, tried out, or used by many friends at once."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import EventDelivery, WebhookReceiver, db
from plugin.models.transaction import transaction
from plugin.services.outgoing.receivers import change, remove, send_test
from plugin.services.outgoing.send import send_webhooks
from tests.gateways.scripted_server import Reply, ScriptedServer, Seen
from tests.services.outgoing.receiving import (
    PATH,
    listen,
    received,
    receiver_of,
    states,
    time_passes,
)
from tests.services.outgoing.test_send import DOWN, OK, numbers, tell, two_friends
from tests.support.crowd import gather
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def made_old(world: World) -> None:
    """What waits was tried for days, and is to be tried in hours."""
    with world.app.app_context(), transaction() as session:
        now = utcnow()
        tried = {"attempts": 9, "first_tried_at": now - timedelta(days=4)}
        later = {"next_at": now + timedelta(hours=7)}
        session.execute(update(EventDelivery).values({**tried, **later}))


@pytest.mark.parametrize("is_moved", [True, False])
def test_what_waited_begins_anew(
    world: World, alice: Tenant, hooks: ScriptedServer, is_moved: bool
) -> None:
    friends = two_friends(world, alice)
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    hooks.on("POST", PATH, DOWN)
    for number in range(4):
        tell(world, alice, number, friends[number % 2])
    world.work()
    made_old(world)
    hooks.on("POST", PATH, DOWN, DOWN, OK)
    hooks.on("POST", "/new", DOWN, DOWN, OK)
    with world.app.app_context():
        receiver = receiver_of(world, receiver_id)
        if is_moved:
            change(world.deps, receiver, hooks.url + "/new", ["message.received"])
        else:
            change(world.deps, receiver, active=False)
            change(world.deps, receiver_of(world, receiver_id), active=True)
    hooks.seen.clear()
    world.work()
    assert hooks.seen
    assert set(states(world, receiver_id)) == {"waiting"}
    time_passes(world, timedelta(hours=1))
    world.work()
    assert states(world, receiver_id) == ["delivered"] * 4


def test_a_receiver_that_is_on_does_not_begin_anew_by_being_switched_on(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    hooks.on("POST", PATH, DOWN)
    tell(world, alice, 1)
    world.work()
    time_passes(world, timedelta(days=4))
    with world.app.app_context():
        change(world.deps, receiver_of(world, receiver_id), active=True)
    world.work()
    assert states(world, receiver_id) == ["given_up"]


def test_what_failed_long_ago_does_not_switch_a_receiver_off(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    hooks.on("POST", PATH, DOWN)
    with world.app.app_context(), transaction() as session:
        ago = utcnow() - timedelta(days=6)
        long_ago = {"failing_since": ago, "last_failure_at": ago, "failures": 2}
        session.execute(update(WebhookReceiver).values(long_ago))
    tell(world, alice, 1)
    world.work()
    with world.app.app_context():
        receiver = receiver_of(world, receiver_id)
        assert receiver.is_called
        assert receiver.failing_since is not None
        assert utcnow() - receiver.failing_since < timedelta(minutes=5)


def test_a_test_event_does_not_wait_behind_others(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    friends = two_friends(world, alice)
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    hooks.on("POST", PATH, DOWN)
    for number in range(10):
        tell(world, alice, number, friends[number % 2])
        tell(world, alice, number)
    world.work()
    hooks.on("POST", PATH, OK)
    hooks.seen.clear()
    time_passes(world, timedelta(hours=2))
    with world.app.app_context():
        send_test(receiver_of(world, receiver_id))
    world.work()
    assert received(hooks)[0]["type"] == "webhook.test"
    assert set(states(world, receiver_id)) == {"delivered"}


def test_one_step_serves_many_friends(world: World, alice: Tenant, hooks: ScriptedServer) -> None:
    gather(world, alice, 30, contacts=False)
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    with world.app.app_context():
        friends = list(db.session.execute(db.text("SELECT id FROM friend ORDER BY id")).scalars())
    for number in range(90):
        tell(world, alice, number, friends[number % len(friends)])
    with world.app.app_context():
        assert send_webhooks(world.deps, receiver_id) is None
    assert set(states(world, receiver_id)) == {"delivered"}
    came = numbers(hooks)
    assert len(came) == 90
    for first in range(len(friends)):
        own = [number for number in came if number % len(friends) == first]
        assert own == sorted(own)


def test_a_step_ends_in_time(
    world: World, alice: Tenant, hooks: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin.services.outgoing.send.STEP_SECONDS", 0.5)
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    hooks.on("POST", PATH, Reply(200, delay=0.2))
    for number in range(60):
        tell(world, alice, number)
    began = time.monotonic()
    with world.app.app_context():
        assert send_webhooks(world.deps, receiver_id) is not None
    assert time.monotonic() - began < 10
    assert states(world, receiver_id).count("waiting") >= 40


def test_what_a_former_address_answered_is_not_noted(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")

    def move(_: Seen) -> Reply:
        with world.app.app_context():
            change(
                world.deps, receiver_of(world, receiver_id), hooks.url + "/new",
                ["message.received"],
            )  # fmt: skip
        return Reply(410)

    hooks.on("POST", PATH, move)
    hooks.on("POST", "/new", OK)
    tell(world, alice, 1)
    world.work()
    assert states(world, receiver_id) == ["delivered"]
    assert len(hooks.sent_to("/new")) == 1
    with world.app.app_context():
        receiver = receiver_of(world, receiver_id)
        assert (receiver.is_called, receiver.last_failure_at) == (True, None)


def test_a_receiver_that_is_removed_while_it_is_called_hears_nothing_more(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")

    def end(_: Seen) -> Reply:
        with world.app.app_context():
            remove(receiver_of(world, receiver_id))
        return OK

    hooks.on("POST", PATH, end, OK)
    friend_id, _ = two_friends(world, alice)
    for number in range(3):
        tell(world, alice, number, friend_id)
    world.work()
    assert len(hooks.seen) == 1
    with world.app.app_context():
        assert db.session.scalars(select(EventDelivery)).all() == []
