"""Why a friend is not linked or not reached, on the friend's page and on a page of its own."""

import pytest

from plugin.core.clock import utcnow
from plugin.models.transaction import transaction
from plugin.services.friends.records import get_or_create_friend
from tests.support.people import NOW, friend_of, linked
from tests.support.world import Tenant, World, sql_of
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases


@pytest.fixture
def loose(world: World, alice: Tenant) -> int:
    with world.app.app_context(), transaction() as session:
        friend = get_or_create_friend(world.account(alice), "U" + "c" * 32, NOW)
        session.flush()
        return friend.id


def test_each_step_has_a_word_and_the_next_click_leads_somewhere(
    world: World, alice: Tenant, loose: int
) -> None:
    page = alice.walker.go(f"{world.url}/friends/{loose}/why")
    assert marks(page).count("step") >= 6
    assert "In the way They are not linked" in page.text
    for address in set(page.html.split('data-testid="why"')[1].split('href="')[1:]):
        path = address.partition('"')[0].replace("&amp;", "&")
        if path.startswith("/"):
            assert alice.walker.go(f"{world.url}{path}").status == 200, path


def test_the_friends_page_says_the_first_thing_in_the_way(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    page = alice.walker.go(f"{world.url}/friends/{friend_id}")
    assert "Nothing is in the way." in page.text
    with world.app.app_context(), transaction():
        friend_of(friend_id).status = "blocked"
        friend_of(friend_id).status_since = NOW
    page = alice.walker.go(f"{world.url}/friends/{friend_id}")
    first = page.html.partition('data-testid="why-first">')[2].partition("<")[0]
    # In the portal's own time zone, with no seconds.
    assert first.startswith("They have blocked the account since Jan 1, 2020 9:00")


def test_it_reads_well_in_japanese(world: World, alice: Tenant, loose: int) -> None:
    text = alice.walker.go(f"{world.url}/friends/{loose}/why?lang=ja").text
    assert "連携していないため" in text
    assert "They " not in text


def test_it_takes_a_bounded_number_of_statements(world: World, alice: Tenant, loose: int) -> None:
    address = f"{world.url}/friends/{loose}/why"
    with sql_of(world) as sent:
        alice.walker.go(address)
    assert len(sent) <= 20


def test_a_name_that_is_markup_stays_text(world: World, alice: Tenant, loose: int) -> None:
    with world.app.app_context(), transaction():
        world.account(alice).name = "<b>%(at)s</b>"
        friend_of(loose).status_since = utcnow()
    page = alice.walker.go(f"{world.url}/friends/{loose}/why")
    assert page.status == 200
    assert "<b>%(at)s" not in page.html
