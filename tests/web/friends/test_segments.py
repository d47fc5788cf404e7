"""The friend list by a segment: shown, tagged, as a file, as a HubSpot list."""

import csv
import io
import re
from typing import Any

import pytest

from plugin.core.clock import utcnow
from plugin.models import Friend, db
from plugin.models.system.activity import FRIENDS, count
from plugin.models.transaction import transaction
from plugin.services.segments.library import archive_segment, create_segment
from tests.support.people import linked
from tests.support.world import ALICE, BOB, PORTAL, Tenant, World
from tests.web.friends.test_tags import tag
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases


@pytest.fixture
def people(world: World, alice: Tenant) -> int:
    """Two linked friends, two loose ones; answers the id of the segment of the linked ones."""
    linked(world, alice, ALICE)
    linked(world, alice, BOB, "U" + "b" * 32)
    with world.app.app_context():
        with transaction() as session:
            for number, name in enumerate(["=cmd()", "Loose"]):
                friend = Friend(official_account_id=alice.account_id, display_name=name)
                friend.line_user_id, friend.created_at = f"U{number:032}", utcnow()
                session.add(friend)
                count(alice.account_id, FRIENDS)
        rule = {"all": [{"field": "linkage.linked", "op": "is", "value": True}]}
        return create_segment(world.account(alice), "Linked <b>", rule).id


def rows(world: World, tenant: Tenant, query: str) -> list[dict[str, Any]]:
    text = tenant.walker.go(f"{world.url}/friends/export.csv{query}").html
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


def test_the_list_shows_a_segment_and_tags_its_people(
    world: World, alice: Tenant, people: int
) -> None:
    page = alice.walker.go(f"{world.url}/friends?segment={people}")
    assert "2 of 4 friends fit." in page.text
    assert "Linked <b>" in page.text
    tag(world, alice, f"?segment={people}", "ours")
    with world.app.app_context():
        tagged = [friend for friend in db.session.query(Friend) if friend.tags]
        assert all(friend.linkage for friend in tagged)
        assert len(tagged) == 2


def test_the_file_has_all_of_them_and_no_formula(
    world: World, alice: Tenant, people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin.services.friends.export.BATCH_SIZE", 1)
    found = rows(world, alice, f"?segment={people}")
    assert {row["contact_id"] for row in found} == {str(ALICE), str(BOB)}
    everybody = rows(world, alice, "")
    assert len(everybody) == 4
    assert [row["display_name"] for row in everybody if row["display_name"]] == ["'=cmd()", "Loose"]


def test_a_segment_that_cannot_be_used_is_said(world: World, alice: Tenant, people: int) -> None:
    with world.app.app_context():
        inner = create_segment(world.account(alice), "Inner", {"all": []})
        rule = {"all": [{"field": "segment", "op": "is", "value": inner.id}]}
        outer = create_segment(world.account(alice), "Outer", rule).id
        archive_segment(inner)
    for path in ("", "/tags", "/export.csv", "/hubspot-list"):
        page = alice.walker.go(f"{world.url}/friends{path}?segment={outer}")
        assert page.status == 200
        assert "broken" in marks(page)
        assert "This segment is gone." in page.text


def test_another_tenants_segment_shows_nobody(
    world: World, alice: Tenant, charlie: Tenant, people: int
) -> None:
    page = charlie.walker.go(f"{world.url}/friends?segment={people}")
    assert "row" not in marks(page)
    assert "Linked <b>" not in page.text


def test_a_list_in_hubspot_is_made_of_those_shown(world: World, alice: Tenant, people: int) -> None:
    page = alice.walker.go(f"{world.url}/friends/hubspot-list?segment={people}")
    assert 'name="name" value="Linked &lt;b&gt;"' in page.html
    page = alice.walker.submit(button="make-list", name="  ")
    assert (page.status, "Give the list a name" in page.text) == (422, True)
    page = alice.walker.submit(button="make-list", name="On LINE")
    assert "list-export" in marks(page)
    world.work()
    page = alice.walker.go(page.url)
    assert "2 contacts are in the list." in page.text
    [address] = re.findall(r'href="([^"]+)" data-testid="open-list"', page.html)
    opened = alice.walker.go(address)
    assert (opened.status, "2 members" in opened.text) == (200, True)
    kept = world.sandbox.app.extensions["world"].store.all(f"list:{PORTAL}")
    made = next(each for each in kept if each["name"] == "On LINE")
    members = world.sandbox.app.extensions["world"].store.keys(f"member:{PORTAL}:{made['listId']}")
    assert set(members) == {str(ALICE), str(BOB)}
    alice.walker.go(f"{world.url}/friends/hubspot-list")
    page = alice.walker.submit(button="make-list", name="On LINE")
    assert (page.status, "already" in page.text) == (422, True)
    assert 'value="On LINE"' in page.html


def test_a_failed_list_is_explained_in_the_readers_language(
    world: World, alice: Tenant, people: int
) -> None:
    world.sandbox.fail("/crm/lists/2026-09$", {"status": 403, "body": {"message": "No."}})
    alice.walker.go(f"{world.url}/friends/hubspot-list?segment={people}")
    page = alice.walker.submit(button="make-list", name="On LINE")
    world.work()
    assert "HubSpot has not allowed Musubi to write lists" in alice.walker.go(page.url).text
    page = alice.walker.go(f"{page.url}?lang=ja")
    assert "リストの書き込み" in page.text
    assert "open-list" not in marks(page)
