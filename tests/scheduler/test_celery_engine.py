"""The engine on many machines: nudges over a real broker, real workers, one database."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from plugin.models import Job, db
from plugin.models.system.job import enqueue_many
from plugin.models.transaction import transaction
from plugin.scheduler.celery_engine import MAX_UNREAD, CeleryEngine
from tests.support.bare import NOWHERE, no_job, owe
from tests.support.brokers import emptied, first_message, purge, waiting
from tests.support.databases import PostgresCopies, migrate, postgres_is_there
from tests.support.processes import BUSY, CeleryWorker, ending, environment, wait_until
from tests.support.world import make_app, settings_for

pytestmark = [pytest.mark.broker, pytest.mark.postgres]


@dataclass
class Machines:
    """A process that plants, and what a worker needs to join."""

    app: Flask
    broker: str
    env: dict[str, str]
    folder: Path

    @property
    def engine(self) -> CeleryEngine:
        found: CeleryEngine = self.app.extensions["musubi_engine"]
        return found


@pytest.fixture(scope="module")
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if request.config.getoption("database") == "sqlite" or not postgres_is_there():
        pytest.skip("a broker needs PostgreSQL")
    copies, folder = PostgresCopies(), tmp_path_factory.mktemp("distributed")
    migrate(make_app(settings_for(NOWHERE, NOWHERE, copies.template_url, folder)))
    with copies.copy(folder) as url:
        yield url
    copies.close()


@pytest.fixture(scope="module", params=["redis", "rabbitmq"])
def machines(
    request: pytest.FixtureRequest, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machines]:
    folder = tmp_path_factory.mktemp("machines")
    with emptied(request.param) as broker:
        settings = settings_for(NOWHERE, NOWHERE, database, folder)
        app = make_app(replace(settings, celery_broker_url=broker))
        env = environment(NOWHERE, NOWHERE, database, CELERY_BROKER_URL=broker)
        here = Machines(app, broker, env, folder)
        yield here
        here.engine.stop(2)
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def worker(machines: Machines) -> Iterator[CeleryWorker]:
    started = CeleryWorker(machines.env, machines.folder, "--concurrency", "2")
    with ending(started):
        yield started.wait()


def all_done(machines: Machines, seconds: float = 20) -> None:
    with machines.app.app_context():
        wait_until(no_job, seconds, "all work done")


def test_a_worker_of_another_queue_leaves_work_alone(machines: Machines) -> None:
    importer = CeleryWorker(
        machines.env, machines.folder, "-Q", "musubi.import", "--concurrency", "1"
    )
    with ending(importer.wait()), machines.app.app_context():
        owe("1")
        owe("all", kind="housekeeping")
        # Its own queue's nudge comes after theirs; when that was heard, so would theirs be.
        machines.engine.wake_in("import", timedelta(0))
        wait_until(lambda: b"succeeded" in importer.log.read_bytes(), 20, "the import's nudge")
        assert not no_job()
        importer.stop(10 * BUSY)


def test_a_message_says_no_time_that_another_clock_could_judge(machines: Machines) -> None:
    purge(machines.broker)
    with machines.app.app_context():
        machines.engine.wake_in("send", timedelta(0))
        machines.engine.wake_in("sync", timedelta(milliseconds=300))
    for queue in ("send", "sync"):
        headers = first_message(machines.broker, queue).headers
        assert (headers["expires"], headers["eta"]) == (None, None)
    purge(machines.broker)


def test_a_queue_that_nobody_reads_stays_short(machines: Machines) -> None:
    purge(machines.broker)
    for _ in range(10 * MAX_UNREAD):
        machines.engine._send("import")
    assert waiting(machines.broker, "import") <= 2 * MAX_UNREAD
    purge(machines.broker)


def test_a_commit_rouses_a_worker_without_any_tick(
    machines: Machines, worker: CeleryWorker
) -> None:
    with machines.app.app_context():
        owe("1")
        owe("2", delay=timedelta(milliseconds=300))
        owe("all", kind="housekeeping")
    all_done(machines)


def test_a_shift_works_the_whole_queue_off(machines: Machines, worker: CeleryWorker) -> None:
    with machines.app.app_context(), transaction():
        enqueue_many("deliver", [(key, {}) for key in range(1_000)], 1)
    all_done(machines)


def test_a_broker_that_loses_everything_loses_no_work(
    machines: Machines, worker: CeleryWorker
) -> None:
    with machines.app.app_context(), transaction():
        enqueue_many("deliver", [(key, {}) for key in range(10)], 1)
        # The nudges of this commit never leave.
        db.session().info.pop("enqueued")
    purge(machines.broker)
    machines.engine.start()
    all_done(machines)
    with machines.app.app_context():
        assert machines.engine.leader.lead()


def test_a_door_does_not_wait_for_a_broker_that_is_away(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def away(*_: object, queue: str, **__: object) -> None:
        sent.append(queue)
        raise ConnectionError

    monkeypatch.setattr(machines.engine.celery, "send_task", away)
    with machines.app.app_context():
        owe("1")
        wait_until(lambda: sent == ["musubi.send"], 5, "a try to nudge")
    monkeypatch.undo()
    with machines.app.app_context():
        owe("1")


def test_a_worker_told_to_stop_is_gone_within_its_grace(
    machines: Machines, worker: CeleryWorker
) -> None:
    with machines.app.app_context(), transaction():
        enqueue_many("deliver", [(key, {}) for key in range(2_000)], 1)
    worker.stop(10 * BUSY)
    with machines.app.app_context():
        # What it had in hand is done or returned, so that nobody waits for a lease to end.
        assert db.session.scalar(select(func.count(Job.id)).where(Job.owner != "")) == 0
