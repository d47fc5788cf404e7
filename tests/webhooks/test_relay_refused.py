"""What the other tool refuses, sends back, or could not get in time; and a relay that changes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import LineRelay, RelayedCall, db
from plugin.models.transaction import transaction
from plugin.services.outgoing.relay import own_element, relay_line, set_relay
from tests.gateways.scripted_server import Reply, ScriptedServer
from tests.support.world import Tenant, World
from tests.webhooks.test_relay import (
    DOWN,
    OK,
    PATH,
    Line,
    body_of,
    count,
    minutes_pass,
    relay_of,
    tool,
)

__all__ = ["tool"]
pytestmark = pytest.mark.both_databases
LOOPS = "line_relay_loop"


def bodies(line: Line, script: ScriptedServer, number: int) -> list[bytes]:
    """So many calls of LINE, as they are to arrive."""
    made = [body_of(line.bot, each) for each in range(number)]
    for body in made:
        assert line.call(body).status_code == 200
    return made


@contextmanager
def logged() -> Iterator[list[str]]:
    events = list[str]()
    with structlog.testing.capture_logs() as logs:
        yield events
    events += [str(entry["event"]) for entry in logs]


@pytest.mark.parametrize("status", [400, 401, 404, 413])
def test_a_call_that_is_refused_for_good_does_not_hold_up_the_next(
    world: World, alice: Tenant, tool: ScriptedServer, status: int
) -> None:
    line = Line(world, alice)
    tool.on("POST", PATH, Reply(status), OK)
    sent = bodies(line, tool, 2)
    world.work()
    assert [seen.body for seen in tool.seen] == sent
    assert count(world, RelayedCall) == 0
    with world.app.app_context():
        relay = relay_of(world, alice)
        assert (relay.dropped, relay.last_status) == (1, status)


@pytest.mark.parametrize("status", [408, 425, 429, 500])
def test_a_call_that_may_be_taken_later_is_kept(
    world: World, alice: Tenant, tool: ScriptedServer, status: int
) -> None:
    line = Line(world, alice)
    tool.on("POST", PATH, Reply(status), OK)
    sent = bodies(line, tool, 2)
    world.work()
    minutes_pass(world, 1)
    world.work()
    assert [seen.body for seen in tool.seen] == [sent[0], *sent]
    assert count(world, RelayedCall) == 0


def test_what_waited_for_a_worker_is_tried_until_the_tool_fails(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    sent = bodies(line, tool, 3)
    minutes_pass(world, 20)
    world.work()
    assert [seen.body for seen in tool.seen] == sent
    tool.on("POST", PATH, DOWN)
    bodies(line, tool, 3)
    minutes_pass(world, 20)
    for _ in range(4):
        world.work()
        minutes_pass(world, 1)
    assert [seen.body for seen in tool.seen[3:]] == sent[:1]
    with world.app.app_context():
        assert relay_of(world, alice).dropped == 3


def test_what_nobody_tried_for_an_hour_is_dropped(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    bodies(Line(world, alice), tool, 2)
    minutes_pass(world, 61)
    world.work()
    assert (len(tool.seen), count(world, RelayedCall)) == (0, 0)
    with world.app.app_context():
        assert relay_of(world, alice).dropped == 2


def test_a_call_that_comes_back_does_not_go_round_and_is_said_once(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    line.call(body_of(line.bot, 1), Via="1.0 fred, 1.1 proxy.example.com")
    world.work()
    via = tool.seen[0].headers["via"]
    assert via == f"1.0 fred, 1.1 proxy.example.com, {own_element(world.url)}"
    with logged() as events:
        for number in (2, 3):
            back = line.call(body_of(line.bot, number), Via=f"{via},1.1 other")
            assert back.status_code == 200
            world.work()
    assert len(tool.seen) == 1
    assert events.count(LOOPS) == 1
    with world.app.app_context():
        assert relay_of(world, alice).last_error == "loop"


def test_the_call_of_another_musubi_is_no_loop(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    own = own_element(world.url)
    for via in ("1.1 musubi", own_element("https://other.example.com"), f"{own}0", f"x {own}"):
        line.call(body_of(line.bot, 1), Via=via)
    world.work()
    assert len(tool.seen) == 4


def test_at_another_address_what_waits_begins_anew(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    tool.on("POST", PATH, DOWN)
    sent = bodies(line, tool, 2)
    world.work()
    with world.app.app_context(), transaction() as session:
        later = update(RelayedCall).values(attempts=7, next_at=utcnow().replace(year=2100))
        session.execute(later)
    tool.on("POST", "/new", OK)
    with world.app.app_context():
        set_relay(world.deps, world.account(alice), tool.url + "/new")
    world.work()
    assert [seen.body for seen in tool.sent_to("/new")] == sent


def test_what_the_former_tool_answers_says_nothing_of_the_new_one(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)

    def change(_: object) -> Reply:
        with world.app.app_context():
            set_relay(world.deps, world.account(alice), tool.url + "/new")
        return OK

    tool.on("POST", PATH, change)
    tool.on("POST", "/new", OK)
    [sent] = bodies(line, tool, 1)
    world.work()
    assert [seen.body for seen in tool.sent_to("/new")] == [sent]
    assert count(world, RelayedCall) == 0


def test_two_may_save_the_first_relay_at_once(world: World, alice: Tenant) -> None:
    failed, gate = list[BaseException](), threading.Barrier(4)

    def save() -> None:
        gate.wait()
        try:
            with world.app.app_context():
                set_relay(world.deps, world.account(alice), "https://example.com/line")
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=save) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    with world.app.app_context():
        assert len(db.session.scalars(select(LineRelay)).all()) == 1
        assert relay_line(world.deps, alice.account_id) is None
