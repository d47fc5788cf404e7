"""When and how fast: quiet hours, pace, pauses from outside, and how far it is."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from plugin.core.broadcasts.pace import next_allowance
from plugin.core.clock import utcnow
from plugin.core.local_times import SkippedTime, moment_of
from plugin.models import Installation, Job, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.progress import Progress, progress_of
from plugin.services.connections.connection import switch_mode
from tests.services.broadcasts.planned import (
    PERSONAL,
    TEXT,
    arrived,
    begin,
    draft,
    found,
    sent,
    set_rules,
    state_of,
    states,
)
from tests.support.crowd import gather
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def open_again(world: World, tenant: Tenant) -> None:
    set_rules(world, tenant, open_hours=None)
    world.work(ahead=8 * 86400)


def closed_now() -> list[list[int]]:
    """Open for the first minute of the day after tomorrow only."""
    days = [[0, 0] for _ in range(7)]
    days[(utcnow().weekday() + 2) % 7] = [0, 1]
    return days


def test_quiet_hours_hold_everybody_until_they_end(world: World, alice: Tenant) -> None:
    gather(world, alice, 3, contacts=False)
    set_rules(world, alice, open_hours=closed_now(), time_zone="UTC")
    broadcast_id = sent(world, alice)
    assert states(world, broadcast_id) == {("waiting", ""): 3}
    assert state_of(world, broadcast_id) == ("sending", "quiet_hours")
    with world.app.app_context():
        waits = db.session.scalar(select(Job.ready_ms).where(Job.kind == "send_broadcast"))
        assert waits is not None
        assert waits / 1000 - utcnow().timestamp() > 86400 / 2
    ignoring = sent(world, alice, ignores_quiet_hours=True)
    assert states(world, ignoring) == {("sent", ""): 3}
    open_again(world, alice)
    assert states(world, broadcast_id) == {("sent", ""): 3}
    assert state_of(world, broadcast_id) == ("finished", "")


def test_at_most_so_many_a_minute(world: World, alice: Tenant) -> None:
    gather(world, alice, 7, contacts=False)
    broadcast_id = sent(world, alice, per_minute=3)
    for done in (3, 6, 7):
        assert states(world, broadcast_id)["sent", ""] == done
        with world.app.app_context():
            since = found(broadcast_id).sending_since
            assert since is not None
            with transaction():
                found(broadcast_id).sending_since = since - timedelta(minutes=1)
        world.work(ahead=61)
    assert state_of(world, broadcast_id) == ("finished", "")


def test_a_pace_is_never_passed() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    assert next_allowance(None, None, 10, 0, since, since) == (None, None)
    assert next_allowance(3, None, 10, 0, since, since) == (3, None)
    later = since + timedelta(minutes=1)
    assert next_allowance(3, None, 10, 3, since, since + timedelta(seconds=59)) == (0, later)
    assert next_allowance(3, None, 10, 3, since, later) == (3, None)
    assert next_allowance(None, 60, 12_000, 0, since, since) == (200, None)
    assert next_allowance(50, 60, 12_000, 0, since, since) == (50, None)


@pytest.mark.parametrize("message", [TEXT, PERSONAL])
def test_a_disconnected_account_pauses_it(
    world: World, alice: Tenant, message: dict[str, str]
) -> None:
    gather(world, alice, 6)
    broadcast_id = sent(world, alice, message, per_minute=4)
    with world.app.app_context(), transaction():
        world.account(alice).archived_at = utcnow()
        found(broadcast_id).per_minute = None
    world.work(ahead=61)
    assert state_of(world, broadcast_id) == ("paused", "account_disconnected")
    assert states(world, broadcast_id) == {("sent", ""): 4, ("waiting", ""): 2}


def test_a_paused_portal_waits_and_goes_on(world: World, alice: Tenant) -> None:
    gather(world, alice, 3)
    broadcast_id = draft(world, alice)
    begin(world, broadcast_id)
    with world.app.app_context():
        assert switch_mode(db.session.get_one(Installation, alice.installation_id), "pause")
    world.work(ahead=3600)
    assert arrived(world)["count"] == 0
    with world.app.app_context():
        assert switch_mode(db.session.get_one(Installation, alice.installation_id), "resume")
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 3}


@pytest.mark.parametrize("message", [TEXT, PERSONAL])
def test_a_removal_of_hubspot_ends_it_and_the_sum_adds_up(
    world: World, alice: Tenant, message: dict[str, str]
) -> None:
    gather(world, alice, 6)
    broadcast_id = sent(world, alice, message, per_minute=4)
    with world.app.app_context():
        assert switch_mode(db.session.get_one(Installation, alice.installation_id), "remove")
    world.work(ahead=61)
    assert state_of(world, broadcast_id) == ("cancelled", "hubspot_removed")
    assert states(world, broadcast_id) == {("sent", ""): 4, ("left_out", "cancelled"): 2}
    with world.app.app_context():
        assert found(broadcast_id).created_by == ""


def test_progress_adds_up(world: World, alice: Tenant) -> None:
    gather(world, alice, 10, contacts=False)
    broadcast_id = sent(world, alice, per_minute=4)
    with world.app.app_context():
        with transaction():
            found(broadcast_id).sending_since = utcnow() - timedelta(seconds=30)
        progress = progress_of(found(broadcast_id))
        assert (progress.total, progress.sent, progress.waiting, progress.percent) == (10, 4, 6, 40)
        assert progress.rate_per_minute == 8
        assert progress.ends_at is not None
        assert timedelta(seconds=40) < progress.ends_at - utcnow() < timedelta(seconds=50)
    # Those who are left out say nothing of how far it is.
    assert Progress(total=10, waiting=5, left_out={"budget": 5}).percent == 0


def test_an_hour_that_the_clock_skips_is_no_time() -> None:
    with pytest.raises(SkippedTime):
        moment_of(datetime(2026, 3, 29, 2, 30), "Europe/Berlin")  # noqa: DTZ001 - shown there
    twice = moment_of(datetime(2026, 10, 25, 2, 30), "Europe/Berlin")  # noqa: DTZ001
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert moment_of(datetime(2026, 1, 1, 9), "Asia/Tokyo") == datetime(2026, 1, 1, tzinfo=UTC)  # noqa: DTZ001
