"""Processes die without a word, answers get lost: nothing is lost, nothing is done twice."""

import random
import time

import pytest

from plugin.models.job import LEASE
from tests.crowd import gather
from tests.kill.verdict import (
    assert_once_each,
    delivered,
    enrol,
    is_over,
    orphans_come_free_in_time,
)
from tests.processes import Nursery, ending, wait_until
from tests.stage import Stage

pytestmark = pytest.mark.kill
PEOPLE, KILLS = 300, 20


def lose_answers(stage: Stage) -> None:
    """Some calls do their work over there and are never answered."""
    stage.world.sandbox.fail("message/push$", "lost", probability=0.03)
    stage.world.sandbox.fail("callbacks/.*complete$", "lost", probability=0.1)
    stage.world.sandbox.fail("message/push$", "drop", probability=0.01)


def test_workers_killed_twenty_times_under_three_thousand_jobs(stage: Stage, nursery: Nursery) -> None:
    crowd = gather(stage.world, stage.tenant, PEOPLE)
    lose_answers(stage)
    chance = random.Random(7)
    with ending(*(nursery.make(stage.env).wait() for _ in range(2))) as workers:
        enrol(stage, crowd.contact_ids, concurrency=20, repeat_fraction=0.02)
        for kill in range(KILLS):
            step = kill * PEOPLE // (KILLS + 4)
            wait_until(lambda: delivered(stage) > step, 120, f"{step} messages")  # noqa: B023
            time.sleep(chance.random() / 5)
            workers.pop(chance.randrange(2)).kill()
            workers.append(nursery.make(stage.env))
            if kill % 5 == 4:
                assert orphans_come_free_in_time(stage)
                stage.world.pass_time(LEASE.total_seconds())
        for worker in workers:
            worker.kill()
        assert delivered(stage) < PEOPLE
        assert orphans_come_free_in_time(stage)
        stage.world.pass_time(LEASE.total_seconds())
        workers.append(nursery.make(stage.env).wait())
        wait_until(lambda: is_over(stage), 180, "all work done")
    assert_once_each(stage, PEOPLE)
