"""The search box: everything with a name, of this tenant alone, and questions of any kind."""

import pytest
from sqlalchemy import update

from plugin.models import Friend
from plugin.models.transaction import transaction
from plugin.services.message_templates.library import create_template
from tests.support.people import linked
from tests.support.world import Tenant, World


@pytest.fixture
def friend_id(world: World, alice: Tenant) -> int:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        with transaction() as session:
            session.execute(update(Friend).values(display_name="Spring Mika"))
        create_template(world.account(alice), "Spring news", [{"type": "text", "text": "Hello"}])
    return friend_id


def found(world: World, tenant: Tenant, q: str) -> str:
    answer = tenant.walker.session.get(f"{world.url}/search/results", params={"q": q})
    assert answer.status_code == 200
    return answer.text


def test_people_and_everything_that_has_a_name(
    world: World, alice: Tenant, charlie: Tenant, friend_id: int
) -> None:
    html = found(world, alice, "spring")
    assert f"/friends/{friend_id}" in html
    assert "/templates/" in html
    assert 'data-testid="search-none"' in found(world, charlie, "spring")
    assert 'href="/settings"' in found(world, alice, "setting")


@pytest.mark.parametrize("q", ["%", "_", "\\", "'", "<b>", "☃", "\ud83d", "a\0b", "  ", "(", "*"])
def test_no_question_is_an_error(world: World, alice: Tenant, friend_id: int, q: str) -> None:
    html = found(world, alice, q.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    assert "<b>" not in html


def test_a_long_question_is_answered_in_words(world: World, alice: Tenant) -> None:
    assert 'data-testid="search-problem"' in found(world, alice, "x" * 5000)
    page = alice.walker.go(f"{world.url}/search?q={'x' * 5000}")
    assert "200" in page.html


def test_without_a_script_it_is_a_page(world: World, alice: Tenant, friend_id: int) -> None:
    page = alice.walker.go(f"{world.url}/search?q=mika")
    assert f'href="/friends/{friend_id}"' in page.html
