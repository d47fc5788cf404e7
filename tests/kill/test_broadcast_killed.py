"""A broadcast reaches everybody once, however often those who send it are killed."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from plugin.models import Multicast, Recipient, db
from plugin.models.broadcasts.tally import in_state
from tests.kill.verdict import leases_run_out, next_tries_are_due
from tests.services.broadcasts.planned import PERSONAL, TEXT, begin, draft, found, states
from tests.support.brokers import emptied
from tests.support.crowd import gather
from tests.support.processes import CeleryWorker, Forked, Musubi, Nursery, ending, wait_until
from tests.support.stage import Stage, staged
from tests.support.world import Socket

pytestmark = [pytest.mark.kill, pytest.mark.both_databases, pytest.mark.slow]
KILLS = 10
Worker = TypeVar("Worker", Forked, CeleryWorker)


def lose_answers(stage: Stage, call: str) -> None:
    """Some calls do their work over there and are never answered, some never arrive, all are slow:
    in any of these moments somebody may be killed."""
    path = f"message/{call}$"
    share = 0.05 if call == "multicast" else 0.01
    stage.world.sandbox.fail(path, "lost", probability=share)
    stage.world.sandbox.fail(path, "drop", probability=share / 2)
    stage.world.sandbox.fail(path, {"delay": 0.2}, probability=0.7)


def sent_so_far(stage: Stage, broadcast_id: int) -> int:
    with stage.world.app.app_context():
        return in_state(broadcast_id, "sent")


def is_over(stage: Stage, broadcast_id: int) -> bool:
    next_tries_are_due(stage)
    with stage.world.app.app_context():
        assert found(broadcast_id).state in ("sending", "finished"), found(broadcast_id).reason
        return found(broadcast_id).state == "finished"


def kill_again_and_again(
    stage: Stage, begun: Callable[[], Worker], broadcast_id: int, people: int, kills: int = KILLS
) -> Worker:
    """Kill whoever sends, and answer who is at work in the end."""
    chance = random.Random(11)  # noqa: S311 - moments, not secrets
    worker = begun()
    for kill in range(kills):
        step = kill * people // (kills + 4)
        wait_until(lambda: sent_so_far(stage, broadcast_id) > step, 60, f"{step} people")  # noqa: B023
        time.sleep(chance.random() / 4)
        worker.kill()
        leases_run_out(stage)
        worker = begun()
    return worker


@pytest.mark.parametrize(
    ("message", "call", "people"), [(TEXT, "multicast", 50_000), (PERSONAL, "push", 500)]
)
def test_ten_kills_change_nothing(
    stage: Stage, nursery: Nursery, message: dict[str, str], call: str, people: int
) -> None:
    is_personal = message is PERSONAL
    if not is_personal and "sqlite" in stage.env["DATABASE_URL"]:
        # Commits take most of the time, and one database with so many people is enough.
        people //= 5
    gather(stage.world, stage.tenant, people, contacts=is_personal)
    lose_answers(stage, call)
    broadcast_id = draft(stage.world, stage.tenant, message)
    begin(stage.world, broadcast_id)
    worker = kill_again_and_again(stage, lambda: nursery.make(stage.env), broadcast_id, people)
    with ending(worker):
        assert sent_so_far(stage, broadcast_id) < people
        wait_until(lambda: is_over(stage, broadcast_id), 120, "the end of it")
    assert_each_got_it_once(stage, broadcast_id, people)
    with stage.world.app.app_context():
        multicasts = db.session.scalar(select(func.count()).select_from(Multicast))
        assert multicasts == (0 if is_personal else people // 500)


@pytest.mark.broker
@pytest.mark.postgres
def test_celery_workers_are_killed(postgres: str, musubi_socket: Socket, tmp_path: Path) -> None:
    people = 10_000
    with emptied("redis") as broker, staged(musubi_socket, postgres, tmp_path) as stage:
        env = {**stage.env, "CELERY_BROKER_URL": broker}
        gather(stage.world, stage.tenant, people, contacts=False)
        lose_answers(stage, "multicast")
        broadcast_id = draft(stage.world, stage.tenant, TEXT)
        with ending(Musubi(env, tmp_path)):
            begin(stage.world, broadcast_id)
            worker = kill_again_and_again(
                stage,
                lambda: CeleryWorker(env, tmp_path, "--concurrency", "1").wait(),
                broadcast_id,
                people,
                kills=3,
            )
            with ending(worker):
                wait_until(lambda: is_over(stage, broadcast_id), 120, "the end of it")
        assert_each_got_it_once(stage, broadcast_id, people)


def assert_each_got_it_once(stage: Stage, broadcast_id: int, people: int) -> None:
    assert states(stage.world, broadcast_id) == {("sent", ""): people}
    summary = stage.world.sandbox.control("GET", "/deliveries?summary=1")
    assert summary == {
        "count": people, "users": people, "duplicates": 0, "repeated_keys": 0, "without_key": 0
    }  # fmt: skip
    with stage.world.app.app_context():
        assert set(db.session.scalars(select(Recipient.state))) == {"sent"}
