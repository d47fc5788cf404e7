"""What people are told of a relay: what comes back, and what was lost, also when it works again."""

from datetime import timedelta

import pytest

from plugin.core.clock import utcnow
from plugin.models import LineRelay
from plugin.models.transaction import transaction
from plugin.services.outgoing.relay import set_relay
from tests.gateways.scripted_server import Reply, ScriptedServer
from tests.support.world import Tenant, World
from tests.webhooks.test_relay import (
    DOWN,
    OK,
    PATH,
    Line,
    body_of,
    minutes_pass,
    relay_of,
    tool,
)
from tests.webhooks.test_relay_refused import LOOPS, logged

__all__ = ["tool"]
pytestmark = pytest.mark.both_databases


def told(world: World, tenant: Tenant) -> tuple[str, str]:
    """What the relay's page and the dashboard say."""
    page = tenant.walker.go(f"{world.url}/accounts/{tenant.account_id}/relay")
    state = page.html.split('data-testid="relay-state">')[1].split("</span>")[0]
    dashboard = tenant.walker.go(f"{world.url}/").html
    titles = ("sends LINE&#39;s calls back", "does not take LINE&#39;s calls", "missed calls")
    return state.split(">")[-1], next((title for title in titles if title in dashboard), "")


def hand_back(line: Line, tool: ScriptedServer) -> None:
    """The tool takes each call, and calls Musubi with it."""

    def call_back(_: object) -> Reply:
        seen = tool.seen[-1]
        line.call(seen.body, Via=seen.headers["via"])
        return OK

    tool.on("POST", PATH, call_back)


def test_calls_that_come_back_are_told_as_long_as_they_do(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line, back = Line(world, alice), ("Calls come back", "sends LINE&#39;s calls back")
    hand_back(line, tool)
    with logged() as events:
        for number in range(3):
            line.call(body_of(line.bot, number))
            world.work()
            assert told(world, alice) == back
            minutes_pass(world, 1)
    assert events.count(LOOPS) == 1
    assert len(tool.seen) == 3
    tool.on("POST", PATH, OK)
    line.call(body_of(line.bot, 4))
    world.work()
    assert told(world, alice) == ("Works", "")
    hand_back(line, tool)
    with logged() as events:
        line.call(body_of(line.bot, 5))
        world.work()
    assert told(world, alice) == back
    assert events.count(LOOPS) == 1


def test_lost_calls_are_told_though_later_ones_were_taken(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    tool.on("POST", PATH, DOWN)
    line.call(body_of(line.bot, 1))
    world.work()
    assert told(world, alice) == ("Not taken", "does not take LINE&#39;s calls")
    minutes_pass(world, 16)
    tool.on("POST", PATH, OK)
    line.call(body_of(line.bot, 2))
    world.work()
    assert told(world, alice) == ("Works, but calls were lost", "missed calls")
    with world.app.app_context(), transaction():
        relay_of(world, alice).dropped_at = utcnow() - timedelta(days=8)
    assert told(world, alice) == ("Works", "")


def test_what_waited_behind_a_refused_call_is_tried_late(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    line.call(body_of(line.bot, 1))
    with world.app.app_context(), transaction():
        relay = relay_of(world, alice)
        relay.last_status, relay.last_failure_at = 404, utcnow()
    minutes_pass(world, 20)
    world.work()
    assert len(tool.seen) == 1


def test_what_waited_while_the_tool_was_down_for_long_is_all_dropped(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    tool.on("POST", PATH, DOWN)
    for number in range(20):
        line.call(body_of(line.bot, number))
    for _ in range(17):
        world.work()
        minutes_pass(world, 1)
    world.work()
    assert {seen.body for seen in tool.seen} == {body_of(line.bot, 0)}
    with world.app.app_context():
        assert relay_of(world, alice).dropped == 20
        set_relay(world.deps, world.account(alice), tool.url + "/new")
        assert LineRelay.lost_lately(relay_of(world, alice), utcnow()) is False
