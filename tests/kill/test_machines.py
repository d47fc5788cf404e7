"""Workers, brokers and databases of several machines die: the rows carry the work through."""

import tempfile
from pathlib import Path

import pytest

from tests.kill.verdict import (
    assert_once_each,
    begin,
    delivered,
    leases_run_out,
    lose_answers,
    orphans_come_free_in_time,
    wait_for_the_end,
)
from tests.support.bare import NOWHERE
from tests.support.brokers import emptied, purge
from tests.support.cluster import cluster, program
from tests.support.crowd import gather
from tests.support.databases import migrate
from tests.support.processes import CeleryWorker, Musubi, Nursery, ending, wait_until
from tests.support.stage import Stage, staged
from tests.support.world import Socket, make_app, settings_for

pytestmark = [pytest.mark.kill, pytest.mark.postgres]
PEOPLE, BY_WORKFLOW = 400, 100


def reach(stage: Stage, share: float) -> None:
    """Wait until this share of the messages has arrived."""
    wait_until(lambda: delivered(stage) >= share * PEOPLE, 60, f"{share} of the messages")


@pytest.mark.broker
@pytest.mark.parametrize("kind", ["redis", "rabbitmq"])
def test_workers_and_scheduler_are_killed_and_the_broker_forgets_everything(
    kind: str, postgres: str, musubi_socket: Socket, tmp_path: Path
) -> None:
    with emptied(kind) as broker, staged(musubi_socket, postgres, tmp_path) as stage:
        env = {**stage.env, "CELERY_BROKER_URL": broker}

        def worker() -> CeleryWorker:
            return CeleryWorker(env, tmp_path, "--concurrency", "1")

        crowd = gather(stage.world, stage.tenant, PEOPLE)
        lose_answers(stage)
        with ending(worker(), Musubi(env, tmp_path)) as processes:
            begin(stage, crowd, BY_WORKFLOW)
            reach(stage, 0.05)
            purge(broker)
            processes.append(worker())
            processes.pop(0).kill()
            leases_run_out(stage)
            reach(stage, 0.3)
            processes.pop(0).kill()  # who ticks
            purge(broker)
            processes.append(Musubi(env, tmp_path))
            reach(stage, 0.6)
            processes.append(worker())
            processes.pop(0).kill()
            assert orphans_come_free_in_time(stage)
            leases_run_out(stage)
            purge(broker)
            wait_for_the_end(stage, 120)
        assert_once_each(stage, PEOPLE, BY_WORKFLOW)


@pytest.mark.broker
def test_a_slow_hubspot_hears_every_end_once(
    postgres: str, musubi_socket: Socket, tmp_path: Path
) -> None:
    """It takes longer than a worker gives a step at its end; nobody is killed."""
    with emptied("redis") as broker, staged(musubi_socket, postgres, tmp_path) as stage:
        env = {**stage.env, "CELERY_BROKER_URL": broker}
        crowd = gather(stage.world, stage.tenant, 40)
        stage.world.sandbox.fail("callbacks/.*complete$", {"delay": 11})
        workers = [CeleryWorker(env, tmp_path, "--concurrency", "2") for _ in range(2)]
        with ending(*workers, Musubi(env, tmp_path)):
            begin(stage, crowd, 30)
            wait_for_the_end(stage, 90)
        told = stage.world.sandbox.control("GET", "/callbacks")
        # A repeated call of an execution that has ended meanwhile is answered itself.
        assert told["more_than_once"] == 0
        assert 0 < told["total"] <= 30
        assert_once_each(stage, 40, 30)


def test_the_database_crashes_under_way(musubi_socket: Socket, nursery: Nursery) -> None:
    if not program("initdb"):
        pytest.skip("PostgreSQL's initdb is not here")
    with tempfile.TemporaryDirectory() as name, cluster(Path(name)) as server:
        folder = Path(name)
        migrate(make_app(settings_for(NOWHERE, NOWHERE, server.url, folder)))
        with staged(musubi_socket, server.url, folder) as stage:
            crowd = gather(stage.world, stage.tenant, PEOPLE)
            lose_answers(stage)
            with ending(nursery.make(stage.env).wait()):
                begin(stage, crowd, BY_WORKFLOW)
                for share in (0.1, 0.4):
                    reach(stage, share)
                    server.crash()
                    server.start()
                    leases_run_out(stage)
                wait_for_the_end(stage, 120)
            assert_once_each(stage, PEOPLE, BY_WORKFLOW)
