"""A budget is one for all threads, processes and machines: never exceeded, and well used."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.core.rate_limits import BACKGROUND_SHARE, HUBSPOT
from plugin.gateways import GatewayError
from plugin.models.system import rate_budget
from plugin.models.system.rate_budget import BudgetSpent
from plugin.models.transaction import transaction
from plugin.services.system.rate_limits import DatabaseMeter, in_background
from tests.scheduler.spend import SMALL
from tests.support.processes import ROOT

pytestmark = pytest.mark.both_databases

BUCKET = "hubspot:20000001"
SECONDS = 11.5


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The buckets that the database was asked for, one entry a time."""
    names: list[str] = []
    read = rate_budget.read

    def noted(bucket: str) -> rate_budget.Spent:
        names.append(bucket)
        return read(bucket)

    monkeypatch.setattr(rate_budget, "read", noted)
    return names


def refused(meter: DatabaseMeter, bucket: str = BUCKET) -> GatewayError | None:
    """What a call is told; None where it is granted."""
    try:
        meter.take(bucket)
    except GatewayError as error:
        return error
    return None


def spend_all(bucket: str = BUCKET) -> int:
    """How many calls a process that was just started is granted before the first no."""
    meter = DatabaseMeter()
    for count in range(10_000):
        if error := refused(meter, bucket):
            assert error.reason == "rate_limited"
            return count
    raise AssertionError("no limit")


def told_to_wait(meter: DatabaseMeter, bucket: str = BUCKET) -> timedelta:
    """How long the first refused of many calls is to wait."""
    errors = (refused(meter, bucket) for _ in range(200))
    retry_at = next(error.retry_at for error in errors if error)
    assert retry_at is not None
    return retry_at - utcnow()


def pass_time(span: timedelta) -> None:
    """The grants of all buckets grow older."""
    ms = span // timedelta(milliseconds=1)
    with transaction() as session:
        for row in session.query(BudgetSpent):
            row.grants = [[at - ms, count] for at, count in row.grants]
        session.execute(
            update(BudgetSpent).values(closed_until_ms=BudgetSpent.closed_until_ms - ms)
        )


@pytest.mark.slow
def test_two_processes_with_eight_threads_each_use_it_up_and_never_exceed_it(app: Flask) -> None:
    moments = sorted(_spend_in_processes(app))
    window = SMALL.window_ms / 1000
    most = max(sum(start <= moment < start + window for moment in moments) for start in moments)
    assert most <= SMALL.limit
    # The first window's calls come at once; from then on the rate is what the budget allows.
    steady = sum(moment > moments[0] + window / 2 for moment in moments)
    possible = SMALL.limit * (moments[-1] - moments[0]) / window
    assert steady >= 0.9 * possible, f"{steady / possible:.2f} of the budget"


def _spend_in_processes(app: Flask) -> list[float]:
    database = app.config["SQLALCHEMY_DATABASE_URI"]
    command = [sys.executable, "-m", "tests.scheduler.spend", database, BUCKET, "8"]
    command += [str(SECONDS), "small"]
    children = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    printed = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0]
    return [float(line) for text in printed for line in text.split()]


def test_the_real_budget_is_used_to_nine_tenths_and_more(app: Flask) -> None:
    with app.app_context():
        assert spend_all() == HUBSPOT.limit
        wait = told_to_wait(DatabaseMeter())
    # What is spent at once comes back after the window and its margin.
    whole = timedelta(milliseconds=HUBSPOT.window_ms)
    assert whole * 0.8 < wait < whole / 0.9


def test_portals_do_not_share_and_searches_are_counted_apart(app: Flask) -> None:
    with app.app_context():
        assert spend_all("hubspot:1") == 110
        assert spend_all("hubspot:2") == 110
        assert spend_all("hubspot-search:1") == 5


def test_a_429_closes_the_bucket_for_everybody_for_as_long_as_it_says(app: Flask) -> None:
    mine, of_another_machine = DatabaseMeter(), DatabaseMeter()
    bucket = "line:2000000001:push"
    with app.app_context():
        of_another_machine.take(bucket)
        mine.close(bucket, utcnow() + timedelta(seconds=60))
        for meter in (mine, of_another_machine):
            # What the other was granted before it may use up, for a moment.
            assert timedelta(seconds=50) < told_to_wait(meter, bucket) <= timedelta(seconds=60)
        assert refused(mine, "line:2000000001:multicast") is None
        pass_time(timedelta(seconds=60))
        assert refused(DatabaseMeter(), bucket) is None


def test_a_shorter_closing_does_not_open_what_is_closed_longer(app: Flask) -> None:
    meter = DatabaseMeter()
    with app.app_context():
        meter.close(BUCKET, utcnow() + timedelta(seconds=60))
        meter.close(BUCKET, utcnow() + timedelta(seconds=1))
        assert told_to_wait(meter) > timedelta(seconds=50)
        assert told_to_wait(DatabaseMeter()) > timedelta(seconds=50)


def test_background_work_leaves_a_share_to_live_actions(app: Flask) -> None:
    background = int(110 * BACKGROUND_SHARE)
    with app.app_context():
        with in_background():
            assert spend_all() == background
        assert spend_all() == 110 - background
        pass_time(timedelta(seconds=11))
        assert spend_all() == 110


def test_who_was_refused_does_not_ask_the_database_again_before_time(
    app: Flask, asked: list[str]
) -> None:
    meter = DatabaseMeter()
    with app.app_context():
        meter.close(BUCKET, utcnow() + timedelta(seconds=60))
        asked.clear()
        assert all(refused(meter) for _ in range(20))
    assert asked == []


def test_threads_that_wait_together_are_granted_together(app: Flask, asked: list[str]) -> None:
    meter = DatabaseMeter()

    def one(_: int) -> None:
        with app.app_context():
            meter.take(BUCKET)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(96)))
    with app.app_context():
        assert spend_all() >= 110 - 96 - 16
    assert len(asked) < 96


def test_a_fast_bucket_does_not_ask_the_database_for_every_call(
    app: Flask, asked: list[str]
) -> None:
    meter = DatabaseMeter()
    with app.app_context():
        for _ in range(50):
            meter.take("line:2000000001:push")
    assert len(asked) <= 10
