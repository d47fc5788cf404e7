"""The month's messages: read, shown, warned about; a reservation waits, a real end does not."""

from datetime import timedelta

import pytest

from plugin.core.clock import utcnow
from plugin.models import Delivery, Job, OfficialAccount, db
from plugin.models.transaction import transaction
from plugin.services.sending.quota import enqueue_readings, note_refusal
from tests.actions.calls import arrived, befriended, queued, send
from tests.support.world import Tenant, World
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases

LIMITED = {"status": 429, "body": {"message": "You have reached your monthly limit."}}


def account(world: World, tenant: Tenant) -> OfficialAccount:
    with world.app.app_context():
        return db.session.get_one(OfficialAccount, tenant.account_id, populate_existing=True)


def set_quota(world: World, tenant: Tenant, limit: int | None, used: int) -> None:
    channel = account(world, tenant).channel_id
    world.sandbox.control("POST", "/quota", {"channel": channel, "limit": limit, "used": used})


def read_again(world: World) -> None:
    with world.app.app_context():
        enqueue_readings()
    world.work()


def test_a_connected_account_is_read_at_once_and_again_every_hour(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    mine = account(world, alice)
    assert (mine.quota_limit, mine.quota_used) == (200_000, 0)
    set_quota(world, alice, 200, 160)
    read_again(world)
    assert (account(world, alice).quota_limit, account(world, alice).quota_used) == (200, 160)
    assert account(world, charlie).quota_limit == 200_000


@pytest.mark.parametrize(
    ("limit", "used", "mark", "matters"),
    [
        (200, 159, "quota-used", False),
        (200, 160, "quota-near", True),
        (200, 200, "quota-full", True),
        (None, 7, "quota", False),
    ],
)
def test_the_gauge_stands_on_the_dashboard_and_the_accounts_page(
    world: World, alice: Tenant, limit: int | None, used: int, mark: str, matters: bool
) -> None:
    set_quota(world, alice, limit, used)
    read_again(world)
    dashboard = alice.walker.go(f"{world.url}/")
    assert mark in marks(dashboard)
    assert ("this month's messages" in dashboard.text) == matters
    assert mark in marks(alice.walker.go(f"{world.url}/accounts/{alice.account_id}"))


def test_last_months_figures_are_not_shown(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction():
        mine = db.session.get_one(OfficialAccount, alice.account_id)
        mine.quota_read_at = utcnow() - timedelta(days=40)
    assert "quota" not in marks(alice.walker.go(f"{world.url}/"))


def test_a_reservation_makes_sends_wait_without_asking_line_for_each(
    world: World, alice: Tenant
) -> None:
    friend_id = befriended(world, alice)
    queued(world, alice, friend_id)
    world.sandbox.fail("/v2/bot/message/push", LIMITED, times=1)
    for number in range(5):
        send(world, {"text": "Hi"}, callback=f"ap-{number}")
    world.work()
    paused = account(world, alice).quota_paused_until
    assert paused is not None
    assert paused > utcnow()
    calls = world.sandbox.control("GET", "/calls")["calls"]
    assert not [name for name in calls if name.endswith("message/push")]
    assert "quota-paused" in marks(alice.walker.go(f"{world.url}/"))
    with world.app.app_context(), transaction():
        mine = db.session.get_one(OfficialAccount, alice.account_id)
        mine.quota_paused_until = utcnow()
    world.work(301)
    assert len(arrived(world)) == 5
    assert send(world, {"text": "Hi"}, callback="ap-0")["result"] == "sent"


@pytest.mark.parametrize("status", [403, 500])
def test_where_line_does_not_tell_what_is_left_the_rest_waits(
    world: World, alice: Tenant, status: int
) -> None:
    befriended(world, alice)
    world.sandbox.fail("/v2/bot/message/push", LIMITED, times=1)
    world.sandbox.fail("/v2/bot/message/quota", {"status": status}, times=1)
    for number in range(3):
        send(world, {"text": "Hi"}, callback=f"ap-{number}")
    world.work(60)
    assert arrived(world) == []
    with world.app.app_context(), transaction():
        mine = db.session.get_one(OfficialAccount, alice.account_id)
        assert mine.quota_paused_until is not None
        mine.quota_paused_until = utcnow()
    world.work(301)
    assert len(arrived(world)) == 3


def test_at_the_end_the_rest_is_told_without_asking_line(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    set_quota(world, alice, 1, 1)
    assert send(world, {"text": "Hi"}, callback="one")["result"] == "quota_exceeded"
    asked = pushes(world)
    assert send(world, {"text": "Hi"}, callback="two")["result"] == "quota_exceeded"
    assert pushes(world) == asked
    set_quota(world, alice, 100, 1)
    read_again(world)
    assert send(world, {"text": "Hi"}, callback="three")["result"] == "sent"


def test_what_may_have_gone_out_is_asked_for_under_its_key(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.fail("/v2/bot/message/push", "lost", times=1)
    send(world, {"text": "Hi"})
    with world.app.app_context(), transaction():
        delivery = db.session.scalars(db.select(Delivery)).one()
        assert delivery.maybe_sent
        mine = db.session.get_one(OfficialAccount, alice.account_id)
        mine.quota_used_up_at = utcnow()
    world.work(60)
    assert send(world, {"text": "Hi"})["result"] == "sent"
    assert len(arrived(world)) == 1


def test_who_asked_line_a_little_too_early_does_not_undo_what_others_know(
    world: World, alice: Tenant
) -> None:
    """Of many refused at once, some ask LINE before its count is complete."""
    befriended(world, alice)
    world.sandbox.fail("/v2/bot/message/push", LIMITED)
    set_quota(world, alice, 100, 99)
    with world.app.app_context():
        mine = world.account(alice)
        with transaction():
            mine.quota_used_up_at = utcnow()
        assert note_refusal(world.deps, mine).used_up
    assert account(world, alice).quota_paused_until is None
    assert send(world, {"text": "Hi"}, callback="one")["result"] == "quota_exceeded"


def test_the_first_pause_is_short_and_the_next_is_longer(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        mine = world.account(alice)
        until = note_refusal(world.deps, mine).until
        assert until - utcnow() <= timedelta(seconds=20)
        with transaction():
            mine.quota_paused_until = utcnow()
        assert note_refusal(world.deps, mine).until - utcnow() > timedelta(minutes=4)


def test_a_raised_plan_is_noticed_within_two_minutes(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    set_quota(world, alice, 1, 1)
    assert send(world, {"text": "Hi"}, callback="one")["result"] == "quota_exceeded"
    world.work(ahead=121)
    assert send(world, {"text": "Hi"}, callback="two")["result"] == "quota_exceeded"
    set_quota(world, alice, 100, 1)
    world.work(ahead=121)
    assert send(world, {"text": "Hi"}, callback="three")["result"] == "sent"
    with world.app.app_context():
        assert Job.of("read_quota", alice.account_id) is None


@pytest.mark.parametrize("effect", ["lost", "drop", {"status": 500}])
def test_without_a_token_nothing_can_have_been_sent(
    world: World, alice: Tenant, effect: object
) -> None:
    befriended(world, alice)
    world.sandbox.fail("/v2/bot/message/push", {"status": 401, "body": {"message": "no"}})
    world.sandbox.fail("/oauth2/v3/token", effect)
    send(world, {"text": "Hi"})
    world.work()
    with world.app.app_context():
        delivery = db.session.scalars(db.select(Delivery)).one()
        assert not delivery.maybe_sent


def pushes(world: World) -> int:
    calls = world.sandbox.control("GET", "/calls")["calls"]
    return sum(one["count"] for name, one in calls.items() if name.endswith("message/push"))
