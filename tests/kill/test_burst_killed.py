"""A list of ten thousand enrolled at once: HubSpot repeats itself, LINE's answers are lost, and
servers and workers are killed; every phone gets one message and every execution ends once."""

import random
import time
from typing import Any

import pytest

from tests.kill.verdict import assert_once_each, delivered, leases_run_out, wait_for_the_end
from tests.support.crowd import gather
from tests.support.processes import Musubi, ending, wait_until
from tests.support.stage import Stage

pytestmark = pytest.mark.kill
KILLS = 2
# The most callbacks that a killed worker can have had on the way.
UNDER_WAY = 100


def test_ten_thousand_executions_at_once(stage: Stage) -> None:
    """They take minutes, so one database has to do; a thousand show the same on both."""
    each_ends_once(stage, 10_000)


@pytest.mark.both_databases
def test_a_thousand_executions_at_once(stage: Stage) -> None:
    each_ends_once(stage, 1_000)


def each_ends_once(stage: Stage, people: int) -> None:
    enrolled = gather(stage.world, stage.tenant, people).contact_ids
    stage.world.sandbox.fail("message/push$", "lost", probability=0.05)
    chance = random.Random(11)  # noqa: S311 - moments, not secrets
    with ending(*(Musubi(stage.env, stage.folder).wait() for _ in range(2))) as processes:
        body = {"action": "send-message", "contact_ids": enrolled, "inputs": {"text": "Hello"}}
        more = {"concurrency": 50, "repeat_fraction": 0.1}
        stage.world.sandbox.control("POST", "/runs", {**body, **more})
        for kill in range(1, KILLS + 1):
            step = kill * people // (KILLS + 2)
            wait_until(lambda: delivered(stage) > step, 400, f"{step} messages")  # noqa: B023
            time.sleep(chance.random() / 5)
            for musubi in processes:
                musubi.kill_some(chance)
            processes[:] = [
                each if each.is_alive else Musubi(stage.env, stage.folder) for each in processes
            ]
            leases_run_out(stage)
        assert delivered(stage) < people
        wait_for_the_end(stage, 400)
    assert_once_each(stage, people, people)
    told: dict[str, Any] = stage.world.sandbox.control("GET", "/callbacks")
    assert {one["outputs"]["result"] for one in told["callbacks"].values()} == {"sent"}
    # Told twice is only what was under way when a worker died; HubSpot takes the first.
    assert told["more_than_once"] <= KILLS * len(processes) * UNDER_WAY
