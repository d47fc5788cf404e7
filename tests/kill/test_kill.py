"""Processes die without a word, answers get lost: nothing is lost, nothing is done twice."""

import random
import time

import pytest
from sqlalchemy import select, update

from plugin.models import db
from plugin.models.system.job import LEASE, Claimed
from plugin.models.system.lease import Lease
from plugin.models.transaction import transaction
from plugin.scheduler import runner
from plugin.scheduler.leader import LEASE as LEADER_LEASE
from tests.kill.verdict import (
    assert_once_each,
    begin,
    delivered,
    in_hand,
    leases_run_out,
    lose_answers,
    orphans_come_free_in_time,
    owed,
    wait_for_the_end,
)
from tests.support.crowd import gather, owe_messages
from tests.support.processes import Musubi, Nursery, ending, wait_until
from tests.support.stage import Stage

pytestmark = [pytest.mark.kill, pytest.mark.both_databases]
PEOPLE, BY_WORKFLOW, KILLS = 3_000, 500, 20


def test_workers_killed_twenty_times_under_three_thousand_jobs(
    stage: Stage, nursery: Nursery
) -> None:
    crowd = gather(stage.world, stage.tenant, PEOPLE)
    lose_answers(stage)
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    with ending(*(nursery.make(stage.env).wait() for _ in range(2))) as workers:
        begin(stage, crowd, BY_WORKFLOW)
        for kill in range(KILLS):
            step = kill * PEOPLE // (KILLS + 4)
            wait_until(lambda: delivered(stage) > step, 120, f"{step} messages")  # noqa: B023
            time.sleep(chance.random() / 5)
            workers.pop(chance.randrange(2)).kill()
            workers.append(nursery.make(stage.env))
            if kill % 5 == 4:
                assert orphans_come_free_in_time(stage)
                leases_run_out(stage)
        for worker in workers:
            worker.kill()
        assert delivered(stage) < PEOPLE
        assert orphans_come_free_in_time(stage)
        leases_run_out(stage)
        workers.append(nursery.make(stage.env).wait())
        wait_for_the_end(stage, 240)
    assert_once_each(stage, PEOPLE, BY_WORKFLOW)


def test_servers_and_workers_are_killed_at_random(stage: Stage) -> None:
    crowd = gather(stage.world, stage.tenant, 600)
    lose_answers(stage)
    chance = random.Random(13)  # noqa: S311 - moments, not secrets
    with ending(*(Musubi(stage.env, stage.folder).wait() for _ in range(2))) as processes:
        begin(stage, crowd, 200)
        for kill in range(6):
            wait_until(lambda: delivered(stage) > kill * 80, 120, "more messages")  # noqa: B023
            time.sleep(chance.random() / 5)
            processes[kill % 2].kill_some(chance)
            processes[:] = [
                each if each.is_alive else Musubi(stage.env, stage.folder) for each in processes
            ]
            leases_run_out(stage)
        wait_for_the_end(stage, 120)
    assert_once_each(stage, 600, 200)


def leader(stage: Stage) -> str:
    """Who holds the clock."""
    with stage.world.app.app_context():
        return db.session.scalar(select(Lease.owner).where(Lease.name == "ticks")) or ""


def pass_the_leaders_lease(stage: Stage) -> None:
    with stage.world.app.app_context(), transaction() as session:
        past = Lease.until_ms - int(LEADER_LEASE.total_seconds() * 1000)
        session.execute(update(Lease).values(until_ms=past))


def test_a_killed_scheduler_is_replaced_and_work_goes_on(stage: Stage, nursery: Nursery) -> None:
    people = gather(stage.world, stage.tenant, 40, contacts=False).friend_ids
    with ending(nursery.make(stage.env).wait()) as schedulers:
        wait_until(lambda: leader(stage), 20, "a leader")
        first = leader(stage)
        schedulers.append(nursery.make(stage.env).wait())
        schedulers.pop(0).kill()
        owe_messages(stage.world, stage.tenant, people)
        pass_the_leaders_lease(stage)
        wait_until(lambda: leader(stage) != first, 15, "another leader")
        wait_until(lambda: not owed(stage), 30, "all work done")
    assert_once_each(stage, 40, 0)


def test_told_to_stop_a_process_returns_what_hangs_and_is_gone_in_ten_seconds(stage: Stage) -> None:
    people = gather(stage.world, stage.tenant, 40, contacts=False).friend_ids
    musubi = Musubi(stage.env, stage.folder).wait()
    with ending(musubi):
        # LINE takes the messages and keeps Musubi waiting for the answer.
        stage.world.sandbox.fail("message/push$", {"delay": 14}, times=3)
        owe_messages(stage.world, stage.tenant, people)
        wait_until(lambda: delivered(stage) == 37 and in_hand(stage) == 3, 30, "only those hang")
        assert musubi.stop() <= 10
    assert in_hand(stage) == 0
    with stage.world.app.app_context():
        mine = [job for job in take(stage) if job.kind == "deliver"]
    assert len(mine) == 3
    stage.world.pass_time(LEASE.total_seconds())
    stage.world.work()
    wait_until(lambda: delivered(stage) == 40, 20, "the hanging ones")
    assert_once_each(stage, 40, 0)


def take(stage: Stage) -> list[Claimed]:
    """What another process may take at once."""
    return runner.claim("send", "another process", 100)
