"""The engine inside the process: roused by commits, fair, and gone within its grace."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from plugin.models import Job, db
from plugin.models.system.job import Claimed, enqueue, enqueue_many
from plugin.models.transaction import transaction
from plugin.scheduler import runner
from plugin.scheduler.handlers import BATCH_HANDLERS, HANDLERS
from plugin.scheduler.worker_pool import WorkerPool
from plugin.services import Dependencies
from tests.support.bare import engine_of, no_job, owe, seconds_to_go
from tests.support.processes import wait_until

pytestmark = pytest.mark.both_databases

Deed = Callable[[Claimed], datetime | None]


class Steps:
    """What was run, in order; `deed` is what a step does."""

    def __init__(self, deed: Deed | None = None) -> None:
        self.keys: list[str] = []
        self.most = 0
        self._deed = deed
        self._now = 0
        self._lock = threading.Lock()

    def __call__(self, _: Dependencies, job: Claimed) -> datetime | None:
        with self._lock:
            self.keys.append(job.key)
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            return self._deed(job) if self._deed else None
        finally:
            with self._lock:
                self._now -= 1


def run_instead(
    monkeypatch: pytest.MonkeyPatch, deed: Deed | None = None, kind: str = "deliver"
) -> Steps:
    steps = Steps(deed)
    monkeypatch.setitem(HANDLERS, kind, steps)
    monkeypatch.delitem(BATCH_HANDLERS, kind, raising=False)
    return steps


def waits_for(event: threading.Event) -> Deed:
    def wait(_: Claimed) -> None:
        event.wait(20)

    return wait


def all_done(app: Flask) -> None:
    with app.app_context():
        wait_until(no_job, 20, "all work done")


def test_a_commit_rouses_the_engine_without_any_tick(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = run_instead(monkeypatch)
    engine_of(app).pool.open()  # its clock stands still
    with app.app_context():
        owe("a")
        all_done(app)
        with transaction():
            enqueue_many("deliver", [(key, {}) for key in range(100)], 1)
        all_done(app)
    assert len(steps.keys) == 101


def test_what_comes_due_within_a_second_does_not_wait_for_the_tick(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = run_instead(monkeypatch)
    engine_of(app).pool.open()
    engine_of(app).clock.start()  # runs, but nobody told it to tick
    with app.app_context():
        owe("a", delay=timedelta(milliseconds=300))
        assert 0 < seconds_to_go() <= 0.3
        all_done(app)
    assert steps.keys == ["a"]


def test_work_that_gathers_company_runs_once_for_all(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = run_instead(monkeypatch, kind="write_contacts")
    engine_of(app).pool.open()
    engine_of(app).clock.start()
    with app.app_context():
        # One waits as long as the gathering takes; whoever comes meanwhile goes along.
        for _ in range(10):
            owe("1", kind="write_contacts", delay=None)
        all_done(app)
    assert len(steps.keys) <= 2


def plant_and_fail() -> None:
    with transaction():
        enqueue("deliver", "a", 1)
        raise KeyError


def test_what_is_rolled_back_rouses_nobody(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    nudged: list[str] = []
    monkeypatch.setattr(engine_of(app), "wake_in", lambda queue, _: nudged.append(queue))
    with app.app_context():
        with pytest.raises(KeyError):
            plant_and_fail()
        assert nudged == []
        assert no_job()
        owe("b")
    assert nudged == ["send"]


def test_the_tick_finds_what_nobody_told_of(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = run_instead(monkeypatch)
    run_instead(monkeypatch, kind="housekeeping")
    with app.app_context():
        with transaction():
            enqueue("deliver", "a", 1)
            db.session().info.pop("enqueued")  # as when the process died after its commit
        engine_of(app).start()
        wait_until(lambda: steps.keys, 10, "the tick")


def test_no_more_jobs_are_in_work_than_there_are_hands(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = run_instead(monkeypatch, lambda _: time.sleep(0.01))
    engine = engine_of(app)
    engine.pool.open()
    with app.app_context():
        with transaction():
            enqueue_many("deliver", [(key, {}) for key in range(100)], 1)
        all_done(app)
    assert len(steps.keys) == 100
    assert 8 <= steps.most <= engine.pool.concurrency["send"]


def test_a_slow_queue_does_not_hold_another(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    run_instead(monkeypatch, waits_for(done), kind="import_list")
    steps = run_instead(monkeypatch)
    engine_of(app).pool.open()
    with app.app_context():
        for key in range(10):
            owe(key, kind="import_list")
        owe("live")
        wait_until(lambda: steps.keys, 10, "the live one")
        done.set()
        all_done(app)


def test_a_tenant_with_thousands_of_jobs_does_not_delay_anothers_first(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes: list[int] = []
    run_instead(monkeypatch, lambda job: lanes.append(job.tenant_id))
    engine = engine_of(app)
    with app.app_context():
        with transaction():
            enqueue_many("deliver", [(key, {}) for key in range(2_000)], 1)
        engine.pool.open("send")
        engine.pool.wake("send")
        wait_until(lambda: len(lanes) > 100, 20, "the large one under way")
        owe("small", tenant_id=2)
        before = len(lanes)
        wait_until(lambda: 2 in lanes, 20, "the small one's first")
        engine.pool.close()
    # At most what was claimed already, and the claim after that.
    assert lanes.index(2) - before <= 3 * engine.pool.concurrency["send"]


def test_when_the_database_was_away_work_goes_on_and_what_was_done_stays_done(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = run_instead(monkeypatch)
    pool, take, failures = engine_of(app).pool, runner.claim, [True, False, True, True]

    def take_or_fail(*arguments: object) -> list[Claimed]:
        if failures and failures.pop(0):
            raise OSError("the database is away")
        return take(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "claim", take_or_fail)
    pool.open()
    with app.app_context():
        owe("a")

        def gone() -> bool:
            pool.wake("send")
            return no_job()

        wait_until(gone, 20, "the job done")
    assert steps.keys == ["a"]


def test_a_stop_waits_for_the_step_in_hand_and_begins_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = run_instead(monkeypatch, lambda _: time.sleep(0.3))
    pool = WorkerPool(app, {"send": 2})
    pool.open()
    with app.app_context():
        with transaction():
            enqueue_many("deliver", [(key, {}) for key in range(6)], 1)
        pool.wake("send")
        wait_until(lambda: len(steps.keys) == 2, 10, "two in hand")
        pool.stop(10)
        assert len(steps.keys) == 2
        assert len(runner.claim("send", "next process", 10)) == 4


def test_a_stop_returns_the_step_that_does_not_end(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    steps = run_instead(monkeypatch, waits_for(over))
    engine = engine_of(app)
    engine.start()
    with app.app_context():
        owe("a")
        wait_until(lambda: steps.keys, 10, "the step in hand")
        engine.stop(0.2)
        [job] = [one for one in runner.claim("send", "next process", 10) if one.key == "a"]
        assert job.attempts == 1
        over.set()
        time.sleep(0.2)
        db.session.rollback()
        owner = db.session.scalar(select(Job.owner).where(Job.kind == "deliver"))
    assert owner == "next process"
