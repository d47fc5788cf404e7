"""Tags of one friend: given and taken on the friend's page."""

import pytest

from plugin.models.transaction import transaction
from plugin.services.friends.tags import MAX_TAGS
from tests.support.people import carry, friend_of, linked
from tests.support.walker import Page
from tests.support.world import ALICE, Tenant, World
from tests.web.pages import csrf_of, marks

pytestmark = pytest.mark.both_databases


def post(world: World, tenant: Tenant, friend_id: int, path: str, **form: str) -> Page:
    page = tenant.walker.go(f"{world.url}/friends/{friend_id}")
    answer = tenant.walker.session.post(
        f"{world.url}/friends/{friend_id}/{path}", data={"csrf_token": csrf_of(page), **form}
    )
    return tenant.walker._arrive(answer)


def tags_of(world: World, friend_id: int) -> list[str]:
    with world.app.app_context():
        return list(friend_of(friend_id).tags)


def test_tags_are_given_and_taken_and_hubspot_shows_them(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    page = post(world, alice, friend_id, "tags", tags=" vip 、 東京;vip")
    assert page.status == 200
    assert marks(page).count("tag") == 2
    world.work()
    assert world.sandbox.contact(ALICE)["line_tags"] == "vip; 東京"
    page = post(world, alice, friend_id, "tags/remove", tag="vip")
    assert marks(page).count("tag") == 1
    assert '<option value="vip">' in page.html
    assert '<option value="東京">' not in page.html
    world.work()
    assert world.sandbox.contact(ALICE)["line_tags"] == "東京"


@pytest.mark.parametrize("typed", ["", " ; ", "x" * 51, "{{ contact.email }}", "é" * 5000])
def test_what_is_no_tag_is_said_and_kept(world: World, alice: Tenant, typed: str) -> None:
    friend_id, _ = linked(world, alice)
    page = post(world, alice, friend_id, "tags", tags=typed)
    assert page.status == 422
    assert {"tag-error", "history"} <= set(marks(page))
    assert page.html.partition('data-testid="new-tag"')[0].rpartition(f'value="{typed}"')[1]
    assert tags_of(world, friend_id) == []


def test_one_more_than_a_friend_can_have_is_refused_and_taking_goes_on(
    world: World, alice: Tenant
) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context(), transaction():
        carry(friend_of(friend_id), *(f"t{number}" for number in range(MAX_TAGS)))
    page = post(world, alice, friend_id, "tags", tags="more")
    assert page.status == 422
    assert "A friend can have 100 tags. Remove some first." in page.text
    assert post(world, alice, friend_id, "tags", tags="t1").status == 200
    post(world, alice, friend_id, "tags/remove", tag="t1")
    post(world, alice, friend_id, "tags/remove", tag="t1")
    assert len(tags_of(world, friend_id)) == MAX_TAGS - 1


def test_another_tenant_changes_nothing(world: World, alice: Tenant, charlie: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    token = csrf_of(charlie.walker.go(f"{world.url}/qr-codes/new"))
    for path, form in (("tags", {"tags": "x"}), ("tags/remove", {"tag": "x"})):
        answer = charlie.walker.session.post(
            f"{world.url}/friends/{friend_id}/{path}", data={"csrf_token": token, **form}
        )
        assert answer.status_code == 404
    assert tags_of(world, friend_id) == []
