"""What Musubi sent on a day beside what LINE says it sent: a gap is found, a late count awaited."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.core.quota import day_of
from plugin.models import Broadcast, DailyCount, Delivery, Multicast, Recipient, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.plan_measures import plan_measures
from plugin.services.broadcasts.reconcile_sends import gaps
from tests.services.broadcasts.test_results import make_broadcast
from tests.support.crowd import gather
from tests.support.world import Tenant, World
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases
YESTERDAY = day_of(utcnow()) - timedelta(days=1)
# Noon of yesterday in Japan.
NOON = datetime(YESTERDAY.year, YESTERDAY.month, YESTERDAY.day, 3, tzinfo=UTC)


@pytest.fixture
def sent(world: World, alice: Tenant) -> int:
    """Thirty pushes of yesterday; answers the broadcast."""
    people = gather(world, alice, 30, contacts=False).friend_ids
    with world.app.app_context(), transaction():
        number = make_broadcast(alice, dict.fromkeys(people, 0), [])
        values = {"state": "accepted", "settled_at": NOON, "created_at": utcnow()}
        db.session.execute(update(Delivery).values(values))
        db.session.execute(update(Broadcast).values(first_sent_at=NOON))
    return number


def tell(world: World, **days: int) -> None:
    keys = {f"{kind} {YESTERDAY:%Y%m%d}": count for kind, count in days.items()}
    world.sandbox.control("POST", "/line-statistics", {"days": keys})


def compare(world: World) -> dict[str, tuple[int, int | None]]:
    """Compare all days; answers yesterday's counts."""
    with world.app.app_context():
        plan_measures()
    world.work()
    with world.app.app_context():
        rows = db.session.scalars(select(DailyCount).where(DailyCount.day == YESTERDAY))
        return {row.kind: (row.ours, row.theirs) for row in rows if row.kind != "names"}


def found(world: World, tenant: Tenant) -> list[tuple[str, int]]:
    with world.app.app_context():
        rows = gaps([tenant.account_id], utcnow())
        return [(row.kind, row.ours - (row.theirs or 0)) for row in rows]


@pytest.mark.parametrize(("theirs", "missing"), [(30, []), (21, []), (20, [("push", 10)])])
def test_a_gap_is_more_than_a_few_who_left(
    world: World, alice: Tenant, sent: int, theirs: int, missing: list[tuple[str, int]]
) -> None:
    tell(world, push=theirs)
    assert compare(world) == {"push": (30, theirs), "multicast": (0, 0), "reply": (0, 0)}
    assert found(world, alice) == missing
    dashboard = alice.walker.go(f"{world.url}/")
    page = alice.walker.go(f"{world.url}/accounts/{alice.account_id}")
    assert ("LINE sent fewer messages" in dashboard.text) == bool(missing)
    assert ("send-gap" in marks(page)) == bool(missing)


def test_multicasts_are_counted_by_their_people(world: World, alice: Tenant, sent: int) -> None:
    with world.app.app_context(), transaction() as session:
        multicast = Multicast(
            broadcast_id=sent, retry_key="key", messages=[], size=30, created_at=NOON
        )
        session.add(multicast)
        session.flush()
        values = {"multicast_id": multicast.id, "delivery_id": None, "settled_at": NOON}
        db.session.execute(update(Recipient).values(values))
        db.session.execute(update(Delivery).values(state="planned", settled_at=None))
    tell(world, multicast=25)
    assert compare(world) == {"push": (0, 0), "multicast": (30, 25), "reply": (0, 0)}


def test_replies_are_counted_apart(world: World, alice: Tenant, sent: int) -> None:
    with world.app.app_context(), transaction():
        for delivery in db.session.scalars(select(Delivery)):
            delivery.reply_token = f"token-{delivery.id}"
    tell(world, reply=20)
    assert compare(world) == {"push": (0, 0), "multicast": (0, 0), "reply": (30, 20)}
    assert found(world, alice) == [("reply", 10)]


def test_a_count_that_is_not_there_yet_is_asked_for_a_day_later(
    world: World, alice: Tenant, sent: int
) -> None:
    tell(world, push=19)
    assert compare(world)["push"] == (30, None)
    tell(world, push=30)
    assert compare(world)["push"] == (30, None), "not again today"
    with world.app.app_context(), transaction():
        db.session.execute(update(DailyCount).values(checked_at=utcnow() - timedelta(days=1)))
    assert compare(world)["push"] == (30, 30)
    assert found(world, alice) == []
