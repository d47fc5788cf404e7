"""A receiver may be down, slow or wrong: nothing is lost, nothing is out of order, and everything
has the id that it had."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import EventDelivery, Installation, OutgoingEvent, db
from plugin.models.transaction import transaction
from plugin.scheduler.worker_pool import WorkerPool
from plugin.services.outgoing.erasure import delete_old_events
from plugin.services.outgoing.events import Happened, announce
from plugin.services.outgoing.receivers import change, rotate_secret
from tests.gateways.scripted_server import Reply, ScriptedServer
from tests.services.outgoing.receiving import (
    PATH,
    ids,
    is_signed,
    listen,
    received,
    receiver_of,
    states,
    time_passes,
)
from tests.support.people import linked
from tests.support.processes import wait_until
from tests.support.world import ALICE, BOB, Tenant, World

pytestmark = pytest.mark.both_databases
OK, DOWN = Reply(200, b"ok"), Reply(500, b"down")


def tell(world: World, tenant: Tenant, number: int, friend_id: int | None = None) -> None:
    """An event with a number."""
    with world.app.app_context(), transaction() as session:
        installation = session.get_one(Installation, tenant.installation_id)
        happened = Happened(utcnow(), {"number": number}, friend_id)
        announce(installation, "message.received", lambda: happened)


def numbers(script: ScriptedServer) -> list[int]:
    """The numbers of the events that came."""
    return [body["data"]["number"] for body in received(script)]


def two_friends(world: World, alice: Tenant) -> tuple[int, int]:
    """Both of one account."""
    first, _ = linked(world, alice, ALICE)
    second, _ = linked(world, alice, BOB, "U" + "b" * 32)
    return first, second


def test_a_receiver_that_is_down_gets_everything_once_it_is_back(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    first, second = two_friends(world, alice)
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    hooks.on("POST", PATH, DOWN)
    for number in range(6):
        tell(world, alice, number, (first, second)[number % 2])
    world.work()
    assert set(numbers(hooks)) == {0, 1}
    assert states(world, receiver_id) == ["waiting"] * 6
    tried = len(hooks.seen)
    hooks.on("POST", PATH, OK)
    time_passes(world, timedelta(hours=2))
    world.work()
    assert states(world, receiver_id) == ["delivered"] * 6
    came = numbers(hooks)[tried:]
    assert [n for n in came if n % 2 == 0] == [0, 2, 4]
    assert [n for n in came if n % 2] == [1, 3, 5]
    by_number = dict[int, set[str]]()
    for number, key in zip(numbers(hooks), ids(hooks), strict=True):
        by_number.setdefault(number, set()).add(key)
    assert all(len(keys) == 1 for keys in by_number.values())
    assert len(set(ids(hooks))) == 6


def test_the_same_bytes_are_signed_anew_at_each_try(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH)
    hooks.on("POST", PATH, DOWN, OK)
    tell(world, alice, 1)
    world.work()
    time_passes(world, timedelta(minutes=5))
    world.work()
    refused, taken = hooks.seen
    assert refused.body == taken.body
    assert refused.headers["webhook-id"] == taken.headers["webhook-id"]
    with world.app.app_context():
        secret = receiver_of(world, receiver_id).secret
    assert is_signed(secret, refused)
    assert is_signed(secret, taken)
    assert abs(int(taken.headers["webhook-timestamp"]) - time.time()) < 60


def test_a_new_secret_and_the_one_before_are_valid_for_a_day(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH)
    with world.app.app_context():
        before = receiver_of(world, receiver_id).secret
        rotate_secret(receiver_of(world, receiver_id))
        after = receiver_of(world, receiver_id).secret
    assert before != after
    tell(world, alice, 1)
    world.work()
    time_passes(world, timedelta(hours=25))
    tell(world, alice, 2)
    world.work()
    first, second = hooks.seen
    assert [is_signed(after, first), is_signed(before, first)] == [True, True]
    assert [is_signed(after, second), is_signed(before, second)] == [True, False]


def test_one_event_that_is_refused_holds_up_its_friend_and_nobody_else(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    first, second = two_friends(world, alice)
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    hooks.on("POST", PATH, lambda seen: DOWN if seen.json()["data"]["number"] == 0 else OK)
    for number in range(8):
        tell(world, alice, number, (first, second)[number % 2])
    tell(world, alice, 8)
    world.work()
    assert sorted(set(numbers(hooks))) == [0, 1, 3, 5, 7, 8]
    for _ in range(3):
        time_passes(world, timedelta(hours=12))
        world.work()
    assert 2 not in numbers(hooks)
    time_passes(world, timedelta(days=2))
    world.work()
    given_up = states(world, receiver_id)
    assert given_up == ["given_up", *["delivered"] * 8]
    assert [n for n in numbers(hooks) if n in (2, 4, 6)] == [2, 4, 6]
    with world.app.app_context():
        assert receiver_of(world, receiver_id).halted_at is None


def test_a_receiver_that_takes_nothing_for_days_is_switched_off_and_keeps_its_events(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH)
    hooks.on("POST", PATH, DOWN)
    tell(world, alice, 1)
    tell(world, alice, 2)
    world.work()
    for _ in range(8):
        time_passes(world, timedelta(hours=16))
        tell(world, alice, 3)
        world.work()
    with world.app.app_context():
        receiver = receiver_of(world, receiver_id)
        assert (receiver.halt_reason, receiver.is_called) == ("failing", False)
    tried = len(hooks.seen)
    hooks.on("POST", PATH, OK)
    tell(world, alice, 4)
    time_passes(world, timedelta(hours=16))
    world.work()
    assert len(hooks.seen) == tried
    with world.app.app_context():
        change(world.deps, receiver_of(world, receiver_id), active=True)
    world.work()
    assert set(states(world, receiver_id)) == {"given_up", "delivered"}
    assert 4 in numbers(hooks)[tried:]


def test_a_receiver_that_is_gone_is_switched_off_at_once(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH)
    hooks.on("POST", PATH, Reply(410))
    for number in range(3):
        tell(world, alice, number)
    world.work()
    with world.app.app_context():
        assert receiver_of(world, receiver_id).halt_reason == "gone"
    assert len(hooks.seen) <= 3


def test_what_a_person_switched_off_hears_nothing_and_misses_what_happens(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH)
    hooks.on("POST", PATH, DOWN, OK)
    tell(world, alice, 1)
    world.work()
    with world.app.app_context():
        change(world.deps, receiver_of(world, receiver_id), active=False)
    tell(world, alice, 2)
    time_passes(world, timedelta(days=1))
    world.work()
    assert len(hooks.seen) == 1
    with world.app.app_context():
        change(world.deps, receiver_of(world, receiver_id), active=True)
    world.work()
    assert numbers(hooks) == [1, 1]


@pytest.mark.parametrize("status", [301, 302, 307, 404, 503])
def test_any_other_answer_is_a_failure_and_is_kept_for_people(
    world: World, alice: Tenant, hooks: ScriptedServer, status: int
) -> None:
    listen(world, alice, hooks.url + PATH)
    words = "言葉 \x00\x1b[31m" + "x" * 5000
    headers = {"Location": hooks.url + "/elsewhere"}
    hooks.on("POST", PATH, Reply(status, words.encode(), headers))
    tell(world, alice, 1)
    world.work()
    assert {seen.path for seen in hooks.seen} == {PATH}
    with world.app.app_context():
        delivery = db.session.scalars(select(EventDelivery)).one()
        assert (delivery.state, delivery.status, delivery.error) == ("waiting", status, "")
        assert delivery.answer.startswith("言葉")
        assert len(delivery.answer) <= 1024
        assert not set(delivery.answer) & {"\x00", "\x1b"}
        assert delivery.next_at > utcnow()


def test_a_receiver_that_asks_for_time_gets_it(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    listen(world, alice, hooks.url + PATH)
    hooks.on("POST", PATH, Reply(429, headers={"Retry-After": "3600"}), OK)
    tell(world, alice, 1)
    world.work()
    time_passes(world, timedelta(minutes=50))
    world.work()
    assert len(hooks.seen) == 1
    time_passes(world, timedelta(minutes=15))
    world.work()
    assert len(hooks.seen) == 2


def test_one_that_hangs_delays_no_other_receiver_and_no_other_tenant(
    world: World,
    alice: Tenant,
    charlie: Tenant,
    hooks: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a real pool of workers."""
    monkeypatch.setattr("plugin.services.outgoing.send.CALL_SECONDS", 6.0)
    hanging = [listen(world, alice, f"{hooks.url}/hang", "message.received") for _ in range(3)]
    listen(world, alice, hooks.url + "/hers", "message.received")
    listen(world, charlie, hooks.url + "/his", "message.received")
    hooks.on("POST", "/hang", Reply(200, delay=30))
    for path in ("/hers", "/his"):
        hooks.on("POST", path, OK)
    for number in range(20):
        tell(world, alice, number)
    world.pass_time(1)
    pool = WorkerPool(world.app)
    pool.open("webhook")
    try:
        began = time.monotonic()
        pool.wake("webhook")
        wait_until(lambda: len(hooks.sent_to("/hang")) >= 3, 5, "the slow ones are called")
        tell(world, charlie, 1)
        pool.wake("webhook")
        wait_until(lambda: hooks.sent_to("/his"), 1, "another tenant's event")
        wait_until(lambda: len(hooks.sent_to("/hers")) == 20, 1, "another receiver's events")
        assert time.monotonic() - began < 6
        assert len(hooks.sent_to("/hang")) <= 3 * 4
        assert {state for one in hanging for state in states(world, one)} == {"waiting"}
    finally:
        hooks.stopping.set()
        pool.stop(20)


def test_old_events_are_deleted_and_others_stay(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    receiver_id = listen(world, alice, hooks.url + PATH)
    tell(world, alice, 1)
    tell(world, alice, 2)
    world.work()
    with world.app.app_context():
        with transaction():
            first = db.session.scalars(select(OutgoingEvent)).first()
            assert first is not None
            first.written_at = utcnow() - timedelta(days=15)
        assert delete_old_events() is False
    assert states(world, receiver_id) == ["delivered"]
