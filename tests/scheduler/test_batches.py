"""Where there are more jobs than hands, a hand takes several: fewer commits, the same promises."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models import Job, db
from plugin.models.system.job import Claimed, enqueue_many
from plugin.models.transaction import transaction
from plugin.scheduler import runner
from plugin.scheduler.handlers import BATCH_HANDLERS, HANDLERS
from plugin.scheduler.worker_pool import BATCH_SIZE, WorkerPool
from plugin.services import Dependencies
from tests.support.bare import no_job, owe
from tests.support.processes import wait_until

pytestmark = pytest.mark.both_databases

Endings = dict[int, datetime | GatewayError | None]


class Bundles:
    """What went together; `endings` of those keys that do not simply end."""

    def __init__(self, endings: Endings | None = None) -> None:
        self.together: list[list[int]] = []
        self.endings = endings or {}

    def __call__(self, _: Dependencies, keys: Sequence[int]) -> Endings:
        self.together.append(list(keys))
        return {key: self.endings.get(key) for key in keys}


def owe_many(count: int, kind: str = "deliver") -> None:
    with transaction():
        enqueue_many(kind, [(key, {}) for key in range(count)], 1)


def test_a_backlog_goes_in_bundles_and_a_lone_job_alone(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles, alone = Bundles(), []
    monkeypatch.setitem(BATCH_HANDLERS, "deliver", bundles)
    monkeypatch.setitem(HANDLERS, "deliver", lambda _, job: alone.append(job.key))
    pool = WorkerPool(app, {"send": 2})
    pool.open()
    with app.app_context():
        owe("7")
        pool.wake("send")
        wait_until(no_job, 20, "the lone one")
        assert alone == ["7"]
        owe_many(200)
        pool.wake("send")
        wait_until(no_job, 20, "all")
    pool.stop(5)
    sizes = list(map(len, bundles.together))
    assert sum(sizes) + len(alone) - 1 == 200
    assert max(sizes) == BATCH_SIZE


def test_each_of_a_bundle_ends_as_it_ends(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    endings: Endings = {
        1: GatewayError("No", permanent=True, reason="invalid"),
        2: GatewayError("Down", permanent=False, reason="unavailable"),
        3: utcnow() + timedelta(hours=1),
    }
    monkeypatch.setitem(BATCH_HANDLERS, "deliver", Bundles(endings))
    with app.app_context():
        owe_many(5)
        claimed = runner.claim("send", "one", 5)
        done = runner.attempt_all(app.extensions["musubi"], claimed)
        assert sorted(job.key for job in done) == ["0", "4"]
        assert runner.claim("send", "two", 5, done) == []
        rows = select(Job.key, Job.failed, Job.last_error, Job.attempts).order_by(Job.key)
        assert db.session.execute(rows).tuples().all() == [
            ("1", True, "No", 1),
            ("2", False, "Down", 1),
            ("3", False, "", 0),
        ]


def test_one_that_trips_over_a_mistake_harms_no_other(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(_: Dependencies, __: Sequence[int]) -> Endings:
        raise ValueError("a bug of ours")

    def only_three(_: Dependencies, job: Claimed) -> None:
        if job.key == "3":
            raise ValueError("a bug of ours")

    monkeypatch.setitem(BATCH_HANDLERS, "deliver", trip)
    monkeypatch.setitem(HANDLERS, "deliver", only_three)
    with app.app_context():
        owe_many(5)
        done = runner.attempt_all(app.extensions["musubi"], runner.claim("send", "one", 5))
        assert sorted(job.key for job in done) == ["0", "1", "2", "4"]


def test_kinds_that_cannot_go_together_are_not_hoarded(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []
    monkeypatch.setitem(HANDLERS, "switch_rich_menu", lambda _, job: keys.append(job.key))
    monkeypatch.setitem(BATCH_HANDLERS, "deliver", Bundles())
    pool = WorkerPool(app, {"send": 2})
    with app.app_context():
        owe_many(20)
        owe_many(20, "switch_rich_menu")
        pool.open()
        pool.wake("send")
        wait_until(no_job, 20, "all")
    pool.stop(5)
    assert sorted(keys, key=int) == [str(key) for key in range(20)]
