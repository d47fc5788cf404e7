"""Tagging many friends in one go: those whom the filter shows, a piece at a time, once each."""

import re
from collections.abc import Iterable

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Friend, Job, Tagging, db
from plugin.models.system.activity import FRIENDS
from plugin.models.system.activity import count as count_new
from plugin.models.transaction import transaction
from plugin.services.friends import bulk_tags
from plugin.services.friends.bulk_tags import BATCH_SIZE, tag_batch
from plugin.services.friends.tag_counts import fold_tags
from plugin.services.friends.tags import MAX_TAGS, register_tags, set_tags_of_many
from tests.support.people import linked
from tests.support.walker import Page
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases


def crowd(world: World, tenant: Tenant, count: int, tags: Iterable[str] = ()) -> None:
    """Friends who are tied to nobody."""
    with world.app.app_context(), transaction() as session:
        count_new(tenant.account_id, FRIENDS, count)
        friends = [
            Friend(
                official_account_id=tenant.account_id,
                line_user_id=f"U{tenant.account_id}{number:031}",
                display_name=f"Friend {number}",
                created_at=utcnow(),
            )
            for number in range(count)
        ]
        session.add_all(friends)
        session.flush()
        set_tags_of_many(tenant.installation_id, [(friend, list(tags)) for friend in friends])


def tag(world: World, tenant: Tenant, query: str, tags: str, operation: str = "add") -> Page:
    """Walk from the list to the form, and send it."""
    page = tenant.walker.go(f"{world.url}/friends{query}")
    assert "tag-them" in marks(page)
    tenant.walker.go(f"{world.url}/friends/tags{query}")
    return tenant.walker.submit(button=operation, operation=operation, tags=tags)


def tags_of(world: World, tenant: Tenant) -> dict[str, list[str]]:
    with world.app.app_context():
        mine = select(Friend).where(Friend.official_account_id == tenant.account_id)
        return {one.display_name: one.tags for one in db.session.scalars(mine).unique()}


def test_those_whom_the_filter_shows_are_tagged_and_hubspot_is_told(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    linked(world, alice, ALICE)
    linked(world, alice, BOB, "U" + "b" * 32)
    crowd(world, alice, 2)
    crowd(world, charlie, 2)
    page = tag(world, alice, "?linked=yes", "vip, 東京")
    assert page.url == f"{world.url}/friends?linked=yes"
    assert "2 friends were looked at, 2 changed." in page.text
    assert "vip · 東京" in page.text
    found = tags_of(world, alice)
    assert [found.pop("Friend 0"), found.pop("Friend 1")] == [[], []]
    assert all(one == ["vip", "東京"] for one in found.values())
    assert not any(tags_of(world, charlie).values())
    world.work()
    assert world.sandbox.contact(ALICE)["line_tags"] == "vip; 東京"
    assert world.sandbox.contact(BOB)["line_tags"] == "vip; 東京"
    with world.app.app_context():
        assert "tag_many" not in set(db.session.scalars(select(Job.kind)))


def test_friends_are_found_by_a_tag_and_lose_it(world: World, alice: Tenant) -> None:
    crowd(world, alice, 8, ["old", "kept"])
    tag(world, alice, "?q=Friend+7", "vip")
    page = alice.walker.go(f"{world.url}/friends?tag=vip")
    assert {"filter-tag", "clear"} <= set(marks(page))
    assert marks(page).count("row") == 1
    page = tag(world, alice, "?tag=vip", "old; vip; never", "remove")
    assert "1 friend was looked at, 1 changed." in page.text
    assert tags_of(world, alice)["Friend 7"] == ["kept"]
    assert tags_of(world, alice)["Friend 0"] == ["old", "kept"]
    with world.app.app_context():
        assert db.session.scalars(select(Tagging.actor)).all() == ["admin@example.com"] * 2


def test_many_are_tagged_piece_by_piece_and_those_who_come_later_are_not(
    world: World, alice: Tenant
) -> None:
    crowd(world, alice, 2 * BATCH_SIZE + 5)
    page = tag(world, alice, "", "vip")
    assert "tagging" in marks(page)
    assert 'data-state="running"' in page.html
    with world.app.app_context(), transaction() as session:
        late = Friend(
            official_account_id=alice.account_id,
            line_user_id="U" + "e" * 32,
            display_name="Late",
            created_at=utcnow(),
        )
        session.add(late)
        assert db.session.scalars(select(Tagging)).one().seen == BATCH_SIZE
    world.work()
    page = alice.walker.go(page.url)
    assert "405 friends were looked at, 405 changed." in page.text
    found = tags_of(world, alice)
    assert found.pop("Late") == []
    assert all(one == ["vip"] for one in found.values())


def test_a_piece_that_dies_is_done_again_and_counted_once(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(world, alice, BATCH_SIZE + 5)
    page = tag(world, alice, "", "vip")
    with world.app.app_context():
        one = db.session.scalars(select(Tagging)).one().id
        with monkeypatch.context() as broken:
            broken.setattr(bulk_tags, "utcnow", _die)
            with pytest.raises(RuntimeError):
                tag_batch(one)
        assert tag_batch(one) is False
        assert tag_batch(one) is False
    assert "205 friends were looked at, 205 changed." in alice.walker.go(page.url).text


def _die() -> None:
    raise RuntimeError("killed")


def test_who_carries_too_many_already_stays_as_they_are(world: World, alice: Tenant) -> None:
    crowd(world, alice, 1, map(str, range(MAX_TAGS)))
    page = tag(world, alice, "", "one more")
    assert "1 friend was looked at, 0 changed. 1 have 100 tags already." in page.text
    assert "0 changed" in tag(world, alice, "", "5").text
    assert "1 changed" in tag(world, alice, "", "5", "remove").text


@pytest.mark.parametrize("tags", ["", " , ", "x" * 51, "{{ contact.city }}"])
def test_a_tag_that_is_none_is_said(world: World, alice: Tenant, tags: str) -> None:
    crowd(world, alice, 1)
    page = tag(world, alice, "", tags)
    assert page.status == 422
    assert "error" in marks(page)
    with world.app.app_context():
        assert db.session.scalars(select(Tagging)).all() == []


def test_nobody_else_sees_how_far_it_is(world: World, alice: Tenant, charlie: Tenant) -> None:
    crowd(world, alice, BATCH_SIZE)
    page = tag(world, alice, "", "vip")
    assert charlie.walker.go(page.url).status == 404


def test_many_tags_are_typed_and_the_most_used_are_offered(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    crowd(world, alice, 2, ["vip"])
    with world.app.app_context():
        with transaction():
            register_tags(alice.installation_id, [f"Spring {number}" for number in range(29)])
            register_tags(charlie.installation_id, ["Spring of another"])
        fold_tags()
    page = alice.walker.go(f"{world.url}/friends")
    assert page.html.count('<option value="Spring ') == 29
    with world.app.app_context(), transaction():
        register_tags(alice.installation_id, [f"Spring {number}" for number in range(29, 99)])
    for path in ("/friends", "/friends/tags", "/friends/tags/known"):
        page = alice.walker.go(world.url + path)
        offered = re.findall(r'<option value="((?:vip|Spring)[^"]*)"></option>', page.html)
        assert (offered[0], len(offered)) == ("vip", 30)
    found = alice.walker.go(f"{world.url}/friends/tags/known?q=%20SPRING%20%2097").html
    assert re.findall(r'value="([^"]*)"', found) == ["Spring 97"]
    assert "vip" in alice.walker.go(f"{world.url}/friends/tags/known?q=%00").html
    assert "Spring" not in alice.walker.go(f"{world.url}/friends/tags/known?q=another").html
    page = alice.walker.go(f"{world.url}/friends?tag=vip")
    assert marks(page).count("row") == 2
    assert 'value="vip"' in page.html.partition('data-testid="filter-tag"')[0]
