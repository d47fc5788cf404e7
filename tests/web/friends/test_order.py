"""The orders of the list of friends: each friend once, whatever lies between the pages."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from plugin.models import Friend, Linkage, db
from plugin.models.transaction import transaction
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.friends.test_friends import NOW, befriend, names
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases

COUNT = 60


@pytest.fixture
def crowd(world: World, alice: Tenant) -> list[str]:
    """Friends of whom every second is linked, every third wrote, and every fourth changed. Two
    share each value, so that pages end between equals."""
    befriend(world, alice, COUNT)
    with world.app.app_context(), transaction():
        for friend in db.session.scalars(select(Friend)).unique():
            number = int(friend.display_name.removeprefix("Friend "))
            friend.display_name = f"Friend {number // 2:02}"
            moment = NOW + timedelta(hours=number // 2)
            friend.last_received_at = None if number % 3 else moment
            friend.status_since = None if number % 4 else moment
            if friend.linkage:
                friend.linkage.linked_at = moment
    return [f"Friend {number // 2:02}" for number in range(COUNT)]


def all_pages(tenant: Tenant, address: str) -> list[Page]:
    """Walk the pages to the last."""
    pages = [tenant.walker.go(address)]
    while "older" in marks(pages[-1]):
        assert len(pages) < 9
        [older] = re.findall(r'href="([^"]+)" rel="next"', pages[-1].html)
        pages.append(tenant.walker.go(older.replace("&amp;", "&")))
    return pages


def ids_of(pages: list[Page]) -> list[int]:
    html = "".join(page.html for page in pages)
    return [int(text) for text in re.findall(r'href="/friends/(\d+)" data-testid="friend"', html)]


@pytest.mark.parametrize("by", ["name", "message", "change", "linked", "seen"])
@pytest.mark.parametrize("descending", [True, False])
def test_each_order_shows_everybody_once(
    world: World, alice: Tenant, crowd: list[str], by: str, *, descending: bool
) -> None:
    sort = f"-{by}" if descending else by
    shown = ids_of(all_pages(alice, f"{world.url}/friends?sort={sort}"))
    with world.app.app_context():
        friends = {friend.id: friend for friend in db.session.scalars(select(Friend)).unique()}
        linked_at = dict(
            db.session.execute(select(Linkage.friend_id, Linkage.linked_at)).tuples().all()
        )
    values: dict[str, Callable[[Friend], Any]] = {
        "name": lambda friend: friend.display_name,
        "message": lambda friend: friend.last_received_at,
        "change": lambda friend: friend.status_since,
        "linked": lambda friend: linked_at.get(friend.id),
        "seen": lambda friend: friend.id,
    }
    keys = {friend.id: values[by](friend) for friend in friends.values()}
    known = sorted(
        (friend_id for friend_id in keys if keys[friend_id] is not None),
        key=lambda friend_id: (keys[friend_id], friend_id),
        reverse=descending or (by == "seen" and sort == "-seen"),
    )
    unknown = sorted(set(keys) - set(known), reverse=True)
    assert shown == (known if by == "linked" else known + unknown)


def test_a_heading_leads_to_the_usual_direction_and_then_to_the_other(
    world: World, alice: Tenant, crowd: list[str]
) -> None:
    page = alice.walker.go(f"{world.url}/friends?status=following&q=Friend")
    for by, expected in (("name", ["name", "-name"]), ("message", ["-message", "message"])):
        for sort in expected:
            [target] = re.findall(rf'href="([^"]+)" data-testid="sort-{by}"', page.html)
            page = alice.walker.go(f"{world.url}{target}".replace("&amp;", "&"))
            assert f"sort={sort}" in page.url
            assert {"status=following", "q=Friend"} <= set(page.url.partition("?")[2].split("&"))
            direction = "descending" if sort.startswith("-") else "ascending"
            assert page.html.count(f'aria-sort="{direction}"') == 1


def test_who_is_sorted_by_the_linkage_is_linked(
    world: World, alice: Tenant, crowd: list[str]
) -> None:
    page = alice.walker.go(f"{world.url}/friends?sort=-linked")
    assert "30 of 60 friends fit." in page.text
    assert '<option value="yes" selected>' in page.html
    assert "not-linked" not in marks(page)
    page = alice.walker.go(f"{world.url}/friends?sort=-linked&linked=no")
    assert "30 of 60 friends fit." in page.text
    assert marks(page).count("not-linked") == 20


@pytest.mark.parametrize(
    "position",
    [
        "sort=name&before=999999",
        "sort=-message&before=1&at=odd",
        "sort=-message&before=1&at=9999-12-31T23:59:59-14:00",
        "sort=-message&before=1&at=0001-01-01T00:00:00%2B14:00",
        "sort=message&before=99999999999999999999",
        "sort=odd&before=-1&at=%00",
    ],
)
def test_an_odd_position_is_no_error(
    world: World, alice: Tenant, crowd: list[str], position: str
) -> None:
    assert alice.walker.go(f"{world.url}/friends?{position}").status == 200


def test_names_stay_out_of_addresses(world: World, alice: Tenant, crowd: list[str]) -> None:
    page = alice.walker.go(f"{world.url}/friends?sort=name")
    [older] = re.findall(r'href="([^"]+)" rel="next"', page.html)
    assert "Friend" not in older
    assert names(page) == crowd[:20]
