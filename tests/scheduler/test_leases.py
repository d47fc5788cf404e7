"""A step keeps its lease while it lives; who lost it writes nothing more and calls nobody."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.system.fence import Hold, LeaseLost, check_hold, under, uptime
from plugin.models.system.job import LEASE, Claimed
from plugin.models.transaction import before_call, transaction
from plugin.scheduler import leases, runner
from plugin.scheduler.handlers import HANDLERS
from plugin.scheduler.leases import Leases
from plugin.services import Dependencies
from tests.support.bare import engine_of, no_job, owe, pass_time, seconds_to_go, the_job
from tests.support.processes import wait_until

pytestmark = pytest.mark.both_databases


class Long:
    """A step that lasts as long as the test wants, and then writes something."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.ended: list[str] = []

    def __call__(self, _outside: Dependencies, _job: Claimed) -> datetime | None:
        self.begun.set()
        self.go_on.wait(30)
        for name, deed in (("write", write), ("call", before_call)):
            try:
                deed()
                self.ended.append(name)
            except LeaseLost:
                self.ended.append(f"no {name}")
        check_hold()
        return None


def write() -> None:
    with transaction():
        pass


@pytest.fixture
def step(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Long]:
    """What a delivery does here; leases are renewed every tenth of a second."""
    made = Long()
    monkeypatch.setitem(HANDLERS, "deliver", made)
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.1)
    engine_of(app).pool.open()
    yield made
    made.go_on.set()


def begin(app: Flask, step: Long) -> None:
    """One job, in work."""
    with app.app_context():
        owe("1")
    engine_of(app).pool.wake("send")
    assert step.begun.wait(10)
    # Otherwise it may claim once more, and be faster than another one whose turn it is.
    engine_of(app).pool.close("send")


def test_a_long_step_keeps_its_lease(app: Flask, step: Long) -> None:
    begin(app, step)
    with app.app_context():
        pass_time(LEASE - timedelta(seconds=5))
        wait_until(lambda: seconds_to_go() > 40, 10, "a renewed lease")
        assert runner.claim("send", "another", 1) == []
    step.go_on.set()
    with app.app_context():
        wait_until(no_job, 10, "the end of the job")
    assert step.ended == ["write", "call"]


def test_who_lost_the_lease_writes_nothing_and_calls_nobody(app: Flask, step: Long) -> None:
    begin(app, step)
    with app.app_context():
        # Between two renewals of the living one somebody may be faster, or not.
        taken: list[Claimed] = []
        while not taken:
            pass_time(LEASE)
            taken = runner.claim("send", "another", 1)
        wait_until(lambda: lost(app), 10, "the loss to be known")
    step.go_on.set()
    wait_until(lambda: engine_of(app).pool._is_idle("send"), 10, "an idle pool")
    assert step.ended == ["no write", "no call"]
    with app.app_context():
        assert the_job().owner == "another"


def lost(app: Flask) -> bool:
    """Whether the process knows that a lease of its own is gone."""
    return any(not hold.is_good for hold in engine_of(app).pool.leases._held)


def test_what_is_returned_at_the_end_does_nothing_more(app: Flask, step: Long) -> None:
    begin(app, step)
    engine_of(app).stop(0.1)
    with app.app_context():
        assert the_job().owner == ""
    step.go_on.set()
    wait_until(lambda: len(step.ended) == 2, 10, "the end of the step")
    assert step.ended == ["no write", "no call"]


def test_a_step_that_hangs_is_given_up(
    app: Flask, step: Long, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "STEP_SECONDS", 0.0)
    begin(app, step)
    with app.app_context():
        pass_time(LEASE)
        [job] = runner.claim("send", "another", 1)
        assert job.key == "1"


def test_nothing_is_begun_in_the_last_seconds_of_a_lease() -> None:
    hold = Hold(45.0, margin=20.0)
    with under(hold):
        check_hold()
        hold.end()
        with pytest.raises(LeaseLost):
            check_hold()
        hold.renew(1e12)
        with pytest.raises(LeaseLost):
            check_hold()
    check_hold()
    with under(Hold(19.0, margin=20.0)), pytest.raises(LeaseLost):
        check_hold()


def test_a_database_that_is_away_ends_no_lease_before_its_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Leases(app)
    hold = held.keep([Claimed(1, "deliver", "1", 1, 1, {}, "me")], began=uptime())

    def away(_: object) -> None:
        raise GatewayError("away", permanent=False, reason="unreachable")

    monkeypatch.setattr(runner, "renew", away)
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.0)
    with pytest.raises(GatewayError):
        held.renew()
    assert hold.is_good
    held.stop()


def test_a_lease_that_ends_while_a_transaction_begins_is_noticed(app: Flask) -> None:
    hold = Hold(LEASE.total_seconds())
    with app.app_context():
        event.listen(db.engine, "begin", lambda _: hold.end(), once=True)
        written = []
        with pytest.raises(LeaseLost), under(hold), transaction():
            written.append("anything")
        assert written == []
