"""A process dies while a receiver, or the tool that LINE's calls go to, has the call and has not
answered: it comes once more, under the same id and byte for byte, and so does what follows."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from plugin.core.clock import utcnow
from plugin.models import EventDelivery, Installation, Job, RelayedCall, db
from plugin.models.transaction import transaction
from plugin.services.outgoing.events import Happened, announce
from plugin.services.outgoing.relay import set_relay
from tests.gateways.scripted_server import Reply, ScriptedServer
from tests.kill.verdict import leases_run_out
from tests.services.outgoing.receiving import PATH, ids, listen, private_allowed, received, server
from tests.support.people import linked
from tests.support.processes import Nursery, ending, wait_until
from tests.support.stage import Stage
from tests.webhooks.test_relay import Line, body_of

pytestmark = [pytest.mark.kill, pytest.mark.both_databases]
EVENTS = 6


@pytest.fixture
def hooks(stage: Stage) -> Iterator[ScriptedServer]:
    with private_allowed(stage.world), server() as scripted:
        yield scripted


def env(stage: Stage) -> dict[str, str]:
    return {**stage.env, "WEBHOOK_PRIVATE_NETWORKS": "allow"}


def tell(stage: Stage, friend_id: int) -> None:
    with stage.world.app.app_context(), transaction() as session:
        installation = session.get_one(Installation, stage.tenant.installation_id)
        for number in range(EVENTS):
            happened = Happened(utcnow(), {"number": number}, friend_id)
            announce(installation, "link.tapped", lambda: happened)  # noqa: B023 - called at once


def waiting(stage: Stage) -> int:
    with stage.world.app.app_context():
        rows = select(func.count(EventDelivery.id)).where(EventDelivery.state == "waiting")
        return db.session.scalar(rows) or 0


def not_relayed(stage: Stage) -> int:
    with stage.world.app.app_context():
        return db.session.scalar(select(func.count(RelayedCall.id))) or 0


def test_a_receiver_that_had_the_call_gets_it_again_under_its_id(
    stage: Stage, nursery: Nursery, hooks: ScriptedServer
) -> None:
    friend_id, _ = linked(stage.world, stage.tenant)
    stage.world.work()
    listen(stage.world, stage.tenant, hooks.url + PATH, "link.tapped")
    hooks.on("POST", PATH, Reply(200), Reply(200, delay=8), Reply(200))
    tell(stage, friend_id)
    with ending(nursery.make(env(stage)).wait()) as workers:
        wait_until(lambda: len(hooks.seen) == 2, 30, "the receiver has the second event")
        workers.pop().kill()
        assert waiting(stage) == EVENTS - 1
        leases_run_out(stage)
        workers.append(nursery.make(env(stage)).wait())
        wait_until(lambda: not waiting(stage), 30, "all events delivered")
    numbers = [body["data"]["number"] for body in received(hooks)]
    assert numbers == [0, 1, *range(1, EVENTS)]
    assert ids(hooks)[1] == ids(hooks)[2]
    assert hooks.seen[1].body == hooks.seen[2].body
    assert len(set(ids(hooks))) == EVENTS


def test_a_writer_that_dies_before_it_enqueues_the_job_loses_nothing(
    stage: Stage, nursery: Nursery, hooks: ScriptedServer
) -> None:
    friend_id, _ = linked(stage.world, stage.tenant)
    stage.world.work()
    listen(stage.world, stage.tenant, hooks.url + PATH, "link.tapped")
    tell(stage, friend_id)
    with stage.world.app.app_context(), transaction() as session:
        session.query(Job).filter_by(kind="send_webhooks").delete()
    with ending(nursery.make(env(stage)).wait()):
        wait_until(lambda: not waiting(stage), 60, "the lost job is found")
    assert len(hooks.seen) == EVENTS


def test_the_other_tool_gets_lines_call_again(
    stage: Stage, nursery: Nursery, hooks: ScriptedServer
) -> None:
    line = Line(stage.world, stage.tenant)
    with stage.world.app.app_context():
        set_relay(stage.world.deps, stage.world.account(stage.tenant), hooks.url + PATH)
    hooks.on("POST", PATH, Reply(200, delay=4), Reply(200))
    bodies = [body_of(line.bot, number) for number in range(3)]
    for body in bodies:
        line.call(body)
    with ending(nursery.make(env(stage)).wait()) as workers:
        wait_until(lambda: hooks.seen, 30, "the tool has the first call")
        workers.pop().kill()
        leases_run_out(stage)
        workers.append(nursery.make(env(stage)).wait())
        wait_until(lambda: not not_relayed(stage), 30, "all calls relayed")
    assert [seen.body for seen in hooks.seen] == [bodies[0], *bodies]
    assert {seen.headers["x-line-signature"] for seen in hooks.seen[:2]} == {
        line.signature(bodies[0])
    }
