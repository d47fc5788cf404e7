"""Among all processes that may tick exactly one does, and another takes over when it is gone."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from plugin.models import Job, db
from plugin.models.system.job_kinds import RECURRING
from plugin.models.system.lease import Lease
from plugin.models.transaction import transaction
from plugin.scheduler import leader as ticks
from plugin.scheduler.leader import LEASE, RENEW_SECONDS, TICK, Leader

pytestmark = pytest.mark.both_databases


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tick asks the database."""
    monkeypatch.setattr(ticks, "RENEW_SECONDS", 0.0)


def pass_time(span: timedelta) -> None:
    with transaction() as session:
        past = Lease.until_ms - span // timedelta(milliseconds=1)
        session.execute(update(Lease).values(until_ms=past))


def test_one_leads_and_the_next_takes_over_when_its_lease_is_over(
    app: Flask, hurried: None
) -> None:
    first, second = Leader(app, "first"), Leader(app, "second")
    assert [first.lead(), second.lead(), first.lead(), second.lead()] == [True, False, True, False]
    with app.app_context():
        pass_time(LEASE - timedelta(seconds=2))
        assert not second.lead()
        pass_time(timedelta(seconds=3))
    assert second.lead()
    assert not first.lead()


def test_a_leader_that_vanishes_is_replaced_within_15_seconds() -> None:
    # The lease, then the next renewal of whoever waits, then his next tick.
    assert LEASE + timedelta(seconds=RENEW_SECONDS) + TICK <= timedelta(seconds=15)


def test_who_steps_down_is_replaced_at_once(app: Flask, hurried: None) -> None:
    first, second = Leader(app, "first"), Leader(app, "second")
    assert first.lead()
    first.resign()
    assert second.lead()
    # Who does not lead cannot take it from the one who does.
    first.resign()
    assert second.lead()


def test_the_leader_plants_what_recurs_once(app: Flask, hurried: None) -> None:
    first, second = Leader(app, "first"), Leader(app, "second")
    for _ in range(3):
        first.lead()
        second.lead()
    with app.app_context():
        kinds = list(db.session.scalars(select(Job.kind)))
        assert sorted(kinds) == sorted(RECURRING)
        again = list(db.session.scalars(select(Job.again_ms)))
    assert set(again) == {None}


def test_a_leader_that_cannot_ask_does_not_lead(
    app: Flask, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = Leader(app, "first")
    assert leader.lead()

    def away(*_: object) -> bool:
        raise OSError("the database is away")

    monkeypatch.setattr(ticks, "hold", away)
    with pytest.raises(OSError, match="away"):
        leader.lead()
    assert not leader._leads
