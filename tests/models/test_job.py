"""A job is owed once, taken by one, returned or taken over, and never lost between two hands."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models import Installation, Job
from plugin.models.base import db_now_ms
from plugin.models.system import job as jobs
from plugin.models.system.job import LEASE, MAX_ATTEMPTS, Claimed, enqueue_many
from plugin.models.transaction import transaction
from plugin.scheduler import runner
from plugin.scheduler.handlers import HANDLERS, Handler
from plugin.services import Dependencies
from plugin.services.system.failed_jobs import discard_job, run_job
from tests.support.bare import NOW, bare_app, no_job, owe, pass_time, seconds_to_go, the_job
from tests.support.databases import Copies

pytestmark = pytest.mark.both_databases


@pytest.fixture
def app(copies: Copies, tmp_path: Path) -> Iterator[Flask]:
    """Musubi on an empty database, inside its context; nothing answers outside."""
    with bare_app(copies, tmp_path) as made, made.app_context():
        yield made


def take(limit: int = 10, owner: str = "one", queue: str = "send") -> list[Claimed]:
    return runner.claim(queue, owner, limit)


def test_only_what_is_due_is_taken_the_oldest_first(app: Flask) -> None:
    for key, delay in (("later", 60), ("second", 0.0), ("third", 0.02)):
        owe(key, delay=timedelta(seconds=delay))
    pass_time(timedelta(seconds=1))
    assert [job.key for job in take()] == ["second", "third"]
    assert take() == []


def test_a_job_in_hand_is_nobody_elses(app: Flask) -> None:
    owe("a")
    [job] = take(owner="one")
    assert take(owner="two") == []
    assert job.attempts == 1
    assert LEASE.total_seconds() - 5 < seconds_to_go() <= LEASE.total_seconds()


def test_many_threads_take_each_job_once(app: Flask) -> None:
    with transaction():
        enqueue_many("deliver", [(key, {}) for key in range(300)], 1)

    def one(number: int) -> list[str]:
        keys: list[str] = []
        with app.app_context():
            while claimed := runner.claim("send", f"hand {number}", 7):
                keys += [job.key for job in claimed]
        return keys

    with ThreadPoolExecutor(8) as pool:
        taken = [key for keys in pool.map(one, range(8)) for key in keys]
    # Who found all due rows locked by others goes home early; the next tick fetches the rest.
    taken += one(9)
    assert sorted(map(int, taken)) == list(range(300))


def test_a_tenants_backlog_does_not_delay_anothers_first(app: Flask) -> None:
    with transaction():
        enqueue_many("deliver", [(key, {}) for key in range(20_000)], 1)
    owe("of the small one", tenant_id=2)
    owe("of the third", tenant_id=3)
    first = take(limit=16)
    assert {job.tenant_id for job in first} == {1, 2, 3}
    assert len(first) == 16


def test_turns_go_round_the_tenants(app: Flask) -> None:
    with transaction():
        for lane in (5, 6, 7):
            enqueue_many("deliver", [(f"{lane} {n}", {}) for n in range(50)], lane)
    lanes = [job.tenant_id for job in take(limit=9)]
    assert {lane: lanes.count(lane) for lane in lanes} == {5: 3, 6: 3, 7: 3}


def test_what_is_owed_already_is_owed_once_and_comes_due_earlier(app: Flask) -> None:
    owe("a", delay=timedelta(hours=1))
    owe("a", delay=timedelta(hours=2))
    assert 3590 < seconds_to_go() <= 3600
    owe("a")
    assert [job.key for job in take()] == ["a"]


def test_asked_for_again_while_in_work_it_runs_once_more(app: Flask) -> None:
    owe("a")
    [job] = take()
    owe("a")
    owe("a")
    assert take(owner="two") == []
    with transaction():
        jobs.finish(job)
    assert the_job().attempts == 0
    [again] = take(owner="two")
    with transaction():
        jobs.finish(again)
    assert no_job()


def test_asked_for_later_while_in_work_it_waits_for_that_moment(app: Flask) -> None:
    """A refresh of a token owes the next refresh: that must not mean at once."""
    owe("1", kind="refresh_token")
    [job] = take(queue="sync")
    owe("1", kind="refresh_token", delay=timedelta(minutes=22))
    with transaction():
        jobs.finish(job)
    assert 1300 < seconds_to_go() <= 1320


def test_a_piece_done_with_more_to_come_heeds_who_asked_meanwhile(app: Flask) -> None:
    owe("a")
    [job] = take()
    owe("a", delay=timedelta(seconds=2))
    with transaction():
        jobs.continue_later(job, timedelta(hours=1))
    assert seconds_to_go() <= 2


def test_many_are_finished_at_once_but_not_those_asked_for_again(app: Flask) -> None:
    for key in ("a", "b", "c"):
        owe(key)
    done = take()
    owe("b")
    assert runner.claim("send", "two", 5, done) == []
    assert [job.key for job in runner.claim("send", "two", 5)] == ["b"]
    assert the_job().key == "b"


def test_when_the_lease_is_over_somebody_else_takes_it(app: Flask) -> None:
    owe("a")
    [lost] = take(owner="one")
    pass_time(LEASE)
    [mine] = take(owner="two")
    assert mine.attempts == 2
    settlements: list[Callable[[], None]] = [
        lambda: jobs.finish(lost),
        lambda: jobs.continue_later(lost, NOW),
        lambda: jobs.dead_letter(lost, "too late"),
        lambda: jobs.reschedule(lost, NOW, "too late", 1),
    ]
    for settle in settlements:
        with transaction():
            settle()
    job = the_job()
    assert (job.owner, job.failed, job.last_error) == ("two", False, "")


def test_returned_at_a_stop_it_is_free_at_once_and_no_try_is_counted(app: Flask) -> None:
    owe("a")
    runner.release(take(owner="one"))
    [job] = take(owner="two")
    assert job.attempts == 1


def step(error: Exception | None, due: datetime | None = None) -> Handler:
    def run(_: Dependencies, __: Claimed) -> datetime | None:
        if error is not None:
            raise error
        return due

    return run


def attempt(app: Flask, monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> Job:
    """Take the due job and let its step end with `error`."""
    monkeypatch.setitem(HANDLERS, "deliver", step(error))
    [job] = take()
    runner.run(app.extensions["musubi"], job)
    return the_job()


def test_a_failed_try_backs_off_longer_and_longer(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe("a")
    down = GatewayError("LINE answered 500", permanent=False, reason="unavailable")
    for tries, most in enumerate([1, 2, 4, 8], start=1):
        begun = utcnow().timestamp()
        job = attempt(app, monkeypatch, down)
        assert (job.attempts, job.last_error) == (tries, "LINE answered 500")
        # Counted from before the try, so that a slow machine cannot make a pause look shorter.
        assert job.ready_ms / 1000 - begun >= most / 2 - 0.01
        assert seconds_to_go() <= most
        pass_time(timedelta(seconds=most))


def test_new_work_does_not_shorten_a_back_off(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    owe("a")
    later = utcnow() + timedelta(minutes=5)
    closed = GatewayError("Wait", permanent=False, reason="rate_limited", retry_at=later)
    assert attempt(app, monkeypatch, closed).attempts == 0
    owe("a")
    assert seconds_to_go() > 290


def test_being_told_to_wait_is_no_failed_try(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    owe("a")
    for _ in range(MAX_ATTEMPTS + 5):
        wait = GatewayError("Wait", permanent=False, reason="rate_limited", retry_at=utcnow())
        job = attempt(app, monkeypatch, wait)
        pass_time(timedelta(seconds=1))
    assert (job.attempts, job.failed) == (0, False)


def test_a_permanent_error_parks_and_asking_again_wakes(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe("a")
    job = attempt(app, monkeypatch, GatewayError("No", permanent=True, reason="invalid"))
    assert (job.failed, job.last_error, job.owner) == (True, "No", "")
    pass_time(timedelta(hours=1))
    assert take() == []
    owe("a")
    assert (the_job().failed, the_job().last_error) == (False, "")
    assert [one.attempts for one in take()] == [1]


def test_a_person_runs_what_was_given_up_again_or_drops_it(app: Flask) -> None:
    mine, foreign = Installation(id=1), Installation(id=2)
    for act in (run_job, discard_job):
        owe("a")
        [job] = take()
        assert not act(mine, job.id)
        with transaction():
            jobs.dead_letter(job, "No")
        assert not act(foreign, job.id)
        assert act(mine, job.id)
        assert [one.attempts for one in take()] == ([1] if act is run_job else [])
        with transaction() as session:
            session.execute(delete(Job))


@pytest.mark.parametrize("permanent", [False, True])
def test_what_an_error_held_back_waits_since_it_was_released(
    app: Flask, monkeypatch: pytest.MonkeyPatch, permanent: bool
) -> None:
    roused: list[str] = []
    engine = app.extensions["musubi_engine"]
    monkeypatch.setattr(engine, "wake_in", lambda queue, _: roused.append(queue))
    owe("a")
    [job] = take()
    with transaction():
        if permanent:
            jobs.dead_letter(job, "away")
        else:
            jobs.reschedule(job, timedelta(hours=2), "away", 3)
    pass_time(timedelta(minutes=20))
    roused.clear()
    with transaction():
        jobs.release(1, "away")
    assert roused == ["send"]
    assert -5 < seconds_to_go() <= 0
    assert Job.longest_wait(1, timedelta(minutes=1)) is None
    [again] = take()
    assert (again.key, again.attempts) == ("a", 1)


def test_too_many_tries_park(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    owe("a")
    with transaction() as session:
        session.execute(update(Job).values(attempts=MAX_ATTEMPTS - 1))
    job = attempt(app, monkeypatch, ValueError("a bug of ours"))
    assert (job.failed, job.last_error) == (True, "ValueError: a bug of ours")


def test_asked_for_again_while_it_failed_for_good_it_is_tried_again(app: Flask) -> None:
    owe("a")
    [job] = take()
    owe("a")
    with transaction():
        jobs.dead_letter(job, "No")
    assert (the_job().failed, the_job().attempts) == (False, 0)
    assert [one.key for one in take()] == ["a"]


def test_the_databases_clock_counts_not_ours(app: Flask) -> None:
    with transaction() as session:
        now = session.scalar(select(db_now_ms()))
    assert now is not None
    assert abs(datetime.fromtimestamp(now / 1000, UTC) - utcnow()) < timedelta(seconds=5)
