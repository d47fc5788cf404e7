"""The calendar: who gets several broadcasts of a week, sent or planned."""

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Broadcast, db
from plugin.models.transaction import transaction
from tests.support.world import Tenant, World
from tests.web.broadcasts.drafts import post, written
from tests.web.broadcasts.test_sending import send, two_friends
from tests.web.pages import marks


def test_a_week_with_two_broadcasts_names_their_overlap(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    for name in ("First", "Second"):
        path = written(world, alice)
        send(alice, path, 2)
        world.work()
        with world.app.app_context(), transaction():
            newest = select(Broadcast).order_by(Broadcast.id.desc()).limit(1)
            db.session.scalars(newest).one().name = name
    page = alice.walker.go(f"{world.url}/broadcasts/calendar")
    assert "2 people get more than one of these" in page.text
    week = alice.walker.go(f"{world.url}/broadcasts/calendar?week={utcnow().date()}")
    assert marks(week).count("event") == 2


def test_a_planned_one_is_compared_with_its_week(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    for day in ("05", "06"):
        path = written(world, alice)
        alice.walker.go(f"{world.url}{path}/when")
        post(alice.walker, f"{path}/when", start="at", date=f"2031-05-{day}", time="09:00")
        send(alice, path, 2)
    week = alice.walker.go(f"{world.url}/broadcasts/calendar?week=2031-05-07")
    assert marks(week).count("planned-overlap") == 2
    assert "of 2 people as of now, 2 get another one" in week.text
