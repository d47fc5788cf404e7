"""LINE's calls reach the tool that had the webhook before, byte for byte, and LINE never waits."""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from sqlalchemy import func, select, update

from plugin.core.clock import utcnow
from plugin.models import Friend, LineRelay, RelayedCall, db
from plugin.models.transaction import transaction
from plugin.scheduler.worker_pool import WorkerPool
from plugin.services.connections.official_account import archive_account
from plugin.services.outgoing.relay import set_relay, stop_relay
from tests.gateways.scripted_server import Reply, ScriptedServer
from tests.services.outgoing.receiving import private_allowed, server
from tests.support.processes import wait_until
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases
PATH = "/line"
OK, DOWN = Reply(200, b""), Reply(500, b"down")


@pytest.fixture
def tool(world: World, alice: Tenant) -> Iterator[ScriptedServer]:
    """The tool that had the account's webhook before; it has no more of it than the relay."""
    with private_allowed(world), server() as scripted:
        scripted.on("POST", PATH, OK)
        with world.app.app_context():
            set_relay(world.deps, world.account(alice), scripted.url + PATH)
        yield scripted


def body_of(bot: str, number: int, again: bool = False) -> bytes:
    """As no JSON library writes it, so that only the very bytes have this signature."""
    event = (
        f'"timestamp":{1_790_000_000_000 + number},"webhookEventId":"01E{number}",'
        f'"source":{{"type":"user","userId":"U{number:032d}"}},'
        f'"deliveryContext":{{"isRedelivery":{"true" if again else "false"}}}'
    )
    more = '"type":"follow","mode":"active","emoji":"\\ud83d\\ude00 \u6771\u4eac"'
    return f'{{"destination" : "{bot}",  "events":[{{{event},{more}}}]}}\n'.encode()


class Line:
    """LINE, which calls the account's webhook."""

    def __init__(self, world: World, tenant: Tenant) -> None:
        with world.app.app_context():
            account = world.account(tenant)
            self.url = f"{world.url}/line/webhooks/{account.webhook_key}"
            self.secret, self.bot = account.channel_secret, account.bot_user_id

    def signature(self, body: bytes) -> str:
        digest = hmac.new(self.secret.encode(), body, hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    def call(self, body: bytes, **headers: str) -> requests.Response:
        sent = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "LineBotWebhook/2.0",
            "X-Line-Signature": self.signature(body),
            **headers,
        }
        return requests.post(self.url, data=body, headers=sent, timeout=30)


def count(world: World, model: type[RelayedCall] | type[Friend]) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def relay_of(world: World, tenant: Tenant) -> LineRelay:
    relay = LineRelay.of_account(tenant.account_id)
    assert relay is not None
    return relay


def minutes_pass(world: World, minutes: float) -> None:
    span = timedelta(minutes=minutes)
    with world.app.app_context(), transaction() as session:
        for call in session.scalars(select(RelayedCall)):
            call.received_at, call.next_at = call.received_at - span, call.next_at - span
        for relay in session.scalars(select(LineRelay)):
            relay.last_failure_at = relay.last_failure_at and relay.last_failure_at - span
            relay.last_success_at = relay.last_success_at and relay.last_success_at - span
    world.pass_time(minutes * 60)


def test_the_other_tool_gets_the_same_bytes_and_can_verify_them(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    bodies = [body_of(line.bot, number, again=number == 2) for number in range(3)]
    bodies.append(b'{"destination":"' + line.bot.encode() + b'","events":[]}')
    for body in bodies:
        assert line.call(body).status_code == 200
    world.work()
    assert [seen.body for seen in tool.seen] == bodies
    for seen in tool.seen:
        assert seen.headers["x-line-signature"] == line.signature(seen.body)
        assert seen.headers["content-type"] == "application/json; charset=utf-8"
        assert seen.headers["user-agent"] == "LineBotWebhook/2.0"
    assert count(world, RelayedCall) == 0
    assert count(world, Friend) >= 3
    with world.app.app_context():
        assert relay_of(world, alice).last_success_at is not None


def test_what_line_did_not_sign_goes_nowhere(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    assert line.call(body_of(line.bot, 1), **{"X-Line-Signature": "x"}).status_code == 401
    assert line.call(body_of("U" + "0" * 32, 1)).status_code == 401
    assert count(world, RelayedCall) == 0


def test_a_tool_that_is_down_gets_all_in_order_when_it_is_back(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    tool.on("POST", PATH, DOWN, DOWN, OK)
    bodies = [body_of(line.bot, number) for number in range(4)]
    for body in bodies:
        line.call(body)
    world.work()
    for _ in range(3):
        minutes_pass(world, 1)
        world.work()
    came = [seen.body for seen in tool.seen]
    assert came[: len(came) - 3] == [bodies[0]] * 3
    assert came[-4:] == bodies
    with world.app.app_context():
        relay = relay_of(world, alice)
        assert (relay.last_status, relay.dropped) == (500, 0)
        assert relay.last_failure_at is not None


def test_what_the_tool_does_not_take_within_minutes_is_dropped_and_counted(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    tool.on("POST", PATH, DOWN)
    for number in range(3):
        line.call(body_of(line.bot, number))
    world.work()
    minutes_pass(world, 16)
    line.call(body_of(line.bot, 3))
    tool.on("POST", PATH, OK)
    tool.seen.clear()
    world.work()
    # The first was tried, and held up those behind it.
    assert [seen.body for seen in tool.seen] == [body_of(line.bot, 3)]
    assert count(world, RelayedCall) == 0
    with world.app.app_context():
        relay = relay_of(world, alice)
        assert (relay.dropped, relay.dropped_at is not None) == (3, True)


@pytest.mark.parametrize("answer", [Reply(200, delay=30), Reply(302, headers={"Location": "/b"})])
def test_line_is_answered_in_time_whatever_the_tool_does(
    world: World, alice: Tenant, tool: ScriptedServer, answer: Reply
) -> None:
    line = Line(world, alice)
    tool.on("POST", PATH, answer)
    pool = WorkerPool(world.app)
    pool.open("webhook", "sync")
    try:
        for number in range(5):
            began = time.monotonic()
            assert line.call(body_of(line.bot, number)).status_code == 200
            assert time.monotonic() - began < 2
            pool.wake("webhook")
        wait_until(lambda: tool.seen, 5, "the tool is called")
        assert {seen.path for seen in tool.seen} == {PATH}
        assert count(world, RelayedCall) == 5
    finally:
        tool.stopping.set()
        pool.stop(20)


def test_a_relay_that_was_ended_keeps_nothing(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    tool.on("POST", PATH, DOWN)
    line.call(body_of(line.bot, 1))
    world.work()
    with world.app.app_context():
        stop_relay(world.account(alice))
    tried = len(tool.seen)
    line.call(body_of(line.bot, 2))
    minutes_pass(world, 5)
    world.work()
    assert (len(tool.seen), count(world, RelayedCall)) == (tried, 0)


def test_a_disconnected_account_relays_nothing(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    line = Line(world, alice)
    with world.app.app_context():
        archive_account(world.account(alice))
    line.call(body_of(line.bot, 1))
    world.work()
    assert (len(tool.seen), count(world, RelayedCall)) == (0, 0)


def test_another_tenants_calls_are_not_relayed(
    world: World, alice: Tenant, charlie: Tenant, tool: ScriptedServer
) -> None:
    his = Line(world, charlie)
    assert his.call(body_of(his.bot, 1)).status_code == 200
    world.work()
    assert tool.seen == []


def test_a_new_address_begins_with_a_clean_record(
    world: World, alice: Tenant, tool: ScriptedServer
) -> None:
    with world.app.app_context():
        with transaction() as session:
            values = {"dropped": 3, "last_status": 500, "last_failure_at": utcnow()}
            session.execute(update(LineRelay).values(values))
        set_relay(world.deps, world.account(alice), tool.url + PATH)
        assert relay_of(world, alice).dropped == 3
        set_relay(world.deps, world.account(alice), tool.url + "/new")
        relay = relay_of(world, alice)
        assert (relay.dropped, relay.last_status, relay.last_failure_at) == (0, 0, None)
