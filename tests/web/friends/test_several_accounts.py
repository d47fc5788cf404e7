"""The list of friends where there are two Official Accounts."""

import re
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from plugin.models import Broadcast, Friend, OfficialAccount, db
from plugin.models.transaction import transaction
from plugin.services.friends.records import get_or_create_friend
from tests.support.world import Tenant, World
from tests.web.friends.test_friends import NOW, befriend, names
from tests.web.friends.test_order import all_pages
from tests.web.pages import marks
from tests.web.test_chosen_account import choose, second

pytestmark = pytest.mark.both_databases
__all__ = ["second"]


@pytest.fixture
def both(world: World, alice: Tenant, second: int) -> int:
    """Forty friends of the first account, and twenty of the other."""
    befriend(world, alice, 40)
    with world.app.app_context():
        other = db.session.get_one(OfficialAccount, second)
        with transaction():
            for number in range(20):
                friend = get_or_create_friend(other, f"U{number:032x}", NOW)
                friend.display_name = f"Friend {number}b"
    return second


@pytest.mark.parametrize("sort", ["", "name", "-message"])
def test_friends_of_both_stand_in_one_order(
    world: World, alice: Tenant, both: int, sort: str
) -> None:
    pages = all_pages(alice, f"{world.url}/friends?sort={sort}")
    shown = [name for page in pages for name in names(page)]
    assert (len(shown), len(set(shown))) == (60, 60)
    if sort == "name":
        assert shown == sorted(shown)


def test_the_account_stays_when_the_top_bar_changes(world: World, alice: Tenant, both: int) -> None:
    """A deed is for those whom the page showed."""
    choose(world, alice, both, "/friends")
    page = alice.walker.go(f"{world.url}/friends")
    assert "20 of 60 friends fit." in page.text
    [target] = re.findall(r'href="([^"]+)" data-testid="clear"', page.html)
    assert "of 60 are linked" in alice.walker.go(world.url + target).text
    page = alice.walker.go(f"{world.url}/friends/tags?account={both}&chosen=all")
    choose(world, alice, 0, "/friends")
    alice.walker.page = page
    page = alice.walker.submit(button="add", operation="add", tags="ours")
    assert "20 friends were looked at, 20 changed." in page.text


def test_a_broadcast_asks_which_account_it_is_of(world: World, alice: Tenant, both: int) -> None:
    with world.app.app_context():
        rows = db.session.execute(
            select(Friend.id, Friend.official_account_id).where(
                Friend.display_name.in_(["Friend 3", "Friend 4", "Friend 3b"])
            )
        )
        ids = [friend_id for friend_id, _ in rows]
    address = f"{world.url}/friends/broadcast?{urlencode([('ids', each) for each in ids])}"
    page = alice.walker.go(f"{address}&chosen=ticked")
    assert "of-account" in marks(page)
    assert re.search(r"2 friends</option>.*: 1 friend</option>", page.html)
    page = alice.walker.submit(name="Foreign", of_account="999")
    assert page.status == 404
    alice.walker.go(f"{address}&chosen=ticked")
    alice.walker.submit(name="To one", of_account=str(both))
    with world.app.app_context():
        broadcast = db.session.scalars(select(Broadcast)).one()
        assert (broadcast.official_account_id, broadcast.upload) == (
            both,
            {"lines": 1, "invalid": 0, "unknown": 0, "repeated": 0},
        )
