"""When and how much: quiet hours, pace, quota, pauses from outside, split tests."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.broadcasts.buckets import bucket
from plugin.core.broadcasts.pace import next_allowance
from plugin.core.clock import utcnow
from plugin.core.local_times import SkippedTime, moment_of
from plugin.models import (
    Delivery,
    Installation,
    Job,
    LinkClick,
    LinkTarget,
    Multicast,
    OfficialAccount,
    Recipient,
    db,
)
from plugin.models.transaction import transaction
from plugin.services.broadcasts.progress import Progress, progress_of
from plugin.services.broadcasts.split import choose_winner
from plugin.services.broadcasts.start import resume
from plugin.services.connections.connection import switch_mode
from tests.services.broadcasts.planned import (
    NOW,
    PERSONAL,
    TEXT,
    arrived,
    begin,
    draft,
    found,
    sent,
    set_rules,
    states,
    texts,
)
from tests.support.crowd import gather
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def open_again(world: World, tenant: Tenant) -> None:
    set_rules(world, tenant, open_hours=None)
    world.work(ahead=8 * 86400)


def state_of(world: World, broadcast_id: int) -> tuple[str, str]:
    with world.app.app_context():
        broadcast = found(broadcast_id)
        return broadcast.state, broadcast.reason


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


def set_quota(world: World, tenant: Tenant, limit: int | None, used: int) -> None:
    with world.app.app_context():
        account = world.account(tenant)
        body = {"channel": account.channel_id, "limit": limit, "used": used}
        world.sandbox.control("POST", "/quota", body)
        with transaction() as session:
            known = {"quota_limit": limit, "quota_used": used}
            session.execute(update(OfficialAccount).values(known))


@pytest.mark.parametrize("message", [TEXT, PERSONAL])
def test_a_quota_that_is_short_asks_before_anything_is_sent(
    world: World, alice: Tenant, message: dict[str, str]
) -> None:
    gather(world, alice, 10)
    set_quota(world, alice, 100, 96)
    broadcast_id = sent(world, alice, message)
    assert state_of(world, broadcast_id) == ("paused", "quota")
    assert states(world, broadcast_id) == {("waiting", ""): 10}
    with world.app.app_context():
        resume(found(broadcast_id), "budget")
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 4, ("left_out", "budget"): 6}
    assert arrived(world)["count"] == 4


@pytest.mark.parametrize("message", [TEXT, PERSONAL])
def test_a_quota_that_ends_half_way_loses_nobody(
    world: World, alice: Tenant, message: dict[str, str]
) -> None:
    gather(world, alice, 10)
    set_quota(world, alice, 100, 96)
    with world.app.app_context(), transaction() as session:
        # As Musubi knows it there is plenty: others have sent since.
        session.execute(update(OfficialAccount).values(quota_used=0, quota_limit=100_000))
    broadcast_id = sent(world, alice, message)
    assert state_of(world, broadcast_id) in {("paused", "quota"), ("sending", "quota_reserved")}
    for _ in range(3):
        world.work(ahead=600)
        with world.app.app_context(), transaction() as session:
            session.execute(update(OfficialAccount).values(quota_paused_until=None))
    assert state_of(world, broadcast_id) == ("paused", "quota")
    counted = states(world, broadcast_id)
    assert counted.get(("sent", ""), 0) == arrived(world)["count"]
    assert counted["waiting", ""] + counted.get(("sent", ""), 0) == 10
    set_quota(world, alice, None, 0)
    with world.app.app_context():
        with transaction() as session:
            session.execute(update(OfficialAccount).values(quota_used_up_at=None))
        resume(found(broadcast_id))
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 10}
    assert arrived(world)["count"] == 10


def test_the_next_month_is_waited_for(world: World, alice: Tenant) -> None:
    gather(world, alice, 10, contacts=False)
    set_quota(world, alice, 100, 96)
    broadcast_id = sent(world, alice, when_short="next_month")
    assert state_of(world, broadcast_id) == ("sending", "quota_next_month")
    assert states(world, broadcast_id) == {("sent", ""): 4, ("waiting", ""): 6}
    set_quota(world, alice, 1000, 0)
    world.work(ahead=600)
    assert states(world, broadcast_id) == {("sent", ""): 10}


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


VARIANTS = ({**PERSONAL, "text": "A {{ contact.email }}"},
            {**PERSONAL, "text": "B {{ contact.email }}"})  # fmt: skip


def tap(world: World, tenant: Tenant, broadcast_id: int, variant: int, share: int) -> None:
    """`share` percent of a variant's people tap a link."""
    with world.app.app_context(), transaction() as session:
        target = LinkTarget(official_account_id=tenant.account_id, fingerprint=str(variant),
                            url="x")  # fmt: skip
        session.add(target)
        session.flush()
        got = select(Recipient.delivery_id).where(
            Recipient.broadcast_id == broadcast_id, Recipient.variant == variant,
            Recipient.state == "sent",
        )  # fmt: skip
        ids = list(session.scalars(got.order_by(Recipient.id)))
        for delivery_id in ids[: len(ids) * share // 100]:
            session.add(LinkClick(delivery_id=delivery_id, link_target_id=target.id,
                                  first_at=NOW, last_at=NOW, count=1))  # fmt: skip


def hours_pass(world: World, broadcast_id: int) -> None:
    with world.app.app_context(), transaction():
        found(broadcast_id).first_sent_at = utcnow() - timedelta(hours=5)
    world.work(ahead=5 * 3600)


@pytest.mark.slow
def test_the_clear_winner_of_a_split_test_goes_to_the_rest(world: World, alice: Tenant) -> None:
    gather(world, alice, 500)
    broadcast_id = sent(world, alice, *VARIANTS, split_percent=50)
    tested = states(world, broadcast_id)["sent", ""]
    assert 200 < tested < 300
    assert state_of(world, broadcast_id) == ("sending", "split_test")
    first = texts(world)
    for variant, share in ((0, 10), (1, 60)):
        tap(world, alice, broadcast_id, variant, share)
    hours_pass(world, broadcast_id)
    assert states(world, broadcast_id) == {("sent", ""): 500}
    assert {text[0] for text in (texts(world) - first)} == {"B"}
    with world.app.app_context():
        assert (found(broadcast_id).winner, found(broadcast_id).winner_by) == (1, "musubi")


def test_no_difference_asks_a_person(world: World, alice: Tenant) -> None:
    gather(world, alice, 60)
    broadcast_id = sent(world, alice, *VARIANTS, split_percent=50)
    for variant, share in ((0, 10), (1, 90)):
        tap(world, alice, broadcast_id, variant, share)
    # Clear as it is, nothing is chosen by itself below a hundred people a variant.
    hours_pass(world, broadcast_id)
    assert state_of(world, broadcast_id) == ("paused", "no_winner")
    before = texts(world)
    with world.app.app_context():
        choose_winner(found(broadcast_id), 0, "alice@example.com")
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 60}
    assert {text[0] for text in (texts(world) - before)} == {"A"}


def test_a_split_test_without_anybody_in_it_asks_a_person(world: World, alice: Tenant) -> None:
    crowd = gather(world, alice, 2)
    broadcast_id = draft(world, alice, *VARIANTS, split_percent=1)
    while any(bucket(broadcast_id, friend_id) < 100 for friend_id in crowd.friend_ids):
        broadcast_id = draft(world, alice, *VARIANTS, split_percent=1)
    begin(world, broadcast_id)
    world.work()
    assert state_of(world, broadcast_id) == ("paused", "no_test")
    with world.app.app_context():
        choose_winner(found(broadcast_id), 1, "alice@example.com")
    world.work()
    assert states(world, broadcast_id) == {("sent", ""): 2}
    assert {text[0] for text in texts(world)} == {"B"}


def test_variants_go_out_in_turn(world: World, alice: Tenant) -> None:
    gather(world, alice, 2100, contacts=False)
    plain = ({**TEXT, "text": "A"}, {**TEXT, "text": "B"})
    broadcast_id = sent(world, alice, *plain)
    assert states(world, broadcast_id) == {("sent", ""): 2100}
    with world.app.app_context():
        order = list(db.session.scalars(select(Multicast.variant).order_by(Multicast.id)))
        # Those of a round are under way together.
        assert set(order[:4]) == {0, 1}
        assert len(order) <= 6
        assert db.session.scalar(select(Delivery.id)) is None


def test_an_hour_that_the_clock_skips_is_no_time() -> None:
    with pytest.raises(SkippedTime):
        moment_of(datetime(2026, 3, 29, 2, 30), "Europe/Berlin")  # noqa: DTZ001 - shown there
    twice = moment_of(datetime(2026, 10, 25, 2, 30), "Europe/Berlin")  # noqa: DTZ001
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert moment_of(datetime(2026, 1, 1, 9), "Asia/Tokyo") == datetime(2026, 1, 1, tzinfo=UTC)  # noqa: DTZ001
