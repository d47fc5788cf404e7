"""The friends' list and page: both halves, the tie, the filters, and untying."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from plugin.models import Contact, Friend, LedgerEntry, Linkage, db
from plugin.models.base import transaction
from plugin.services.link_friend import Wish, contact_row, friend_row, tie
from tests.doors.web_rig import counted, csrf_of, marks
from tests.people import linked
from tests.walker import Page
from tests.world import ALICE, Tenant, World

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def befriend(world: World, tenant: Tenant, number: int) -> None:
    """`number` friends, every second of them linked."""
    with world.app.app_context(), transaction():
        account = world.account(tenant)
        for each in range(number):
            friend = friend_row(account, f"U{each:032x}", NOW)
            friend.display_name = f"Friend {each}"
            friend.status = ("following", "blocked", "unknown")[each % 3]
            if each % 2:
                continue
            contact = contact_row(tenant.installation_id, ALICE + each)
            address = f"friend{each}@example.com"
            contact.take({"email": address, "firstname": "Alice", "lastname": f"No{each}"}, NOW)
            tie(Wish(friend, contact, "qr", "friend"))


def names(page: Page) -> list[str]:
    """The friends of a page, from top to bottom."""
    parts = page.html.split('data-testid="row"')[1:]
    return [part.partition("<strong>")[2].partition("</strong>")[0] for part in parts]


def test_nobody_yet_is_explained(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/friends")
    assert "empty" in marks(page)
    assert "LINE does not tell who was a friend before" in page.text


def test_a_row_ties_the_friend_to_the_contact_or_shows_a_loose_end(
    world: World, alice: Tenant
) -> None:
    befriend(world, alice, 2)
    page = alice.walker.go(f"{world.url}/friends")
    assert names(page) == ["Friend 1", "Friend 0"]
    assert "Alice No0" in page.text
    assert "friend0@example.com" in page.text
    assert marks(page).count("not-linked") == 1
    record = f"{world.sandbox.url}/hubspot-app/contacts/20000001/record/0-1/{ALICE}"
    assert f'href="{record}"' in page.html
    assert alice.walker.session.get(record).status_code == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("linked=yes", {"Friend 0", "Friend 2", "Friend 4"}),
        ("linked=no", {"Friend 1", "Friend 3", "Friend 5"}),
        ("status=blocked", {"Friend 1", "Friend 4"}),
        ("q=friend4@example", {"Friend 4"}),
        ("q=Alice+No2", {"Friend 2"}),
        (f"q=U{3:032x}", {"Friend 3"}),
        ("q=friend 5&linked=no", {"Friend 5"}),
        ("q=%25", set()),
        ("q=nobody", set()),
        ("account=1&linked=yes&status=following", {"Friend 0"}),
        ("linked=perhaps&status=x&account=x&before=x", {f"Friend {one}" for one in range(6)}),
    ],
)
def test_filters_narrow_the_list(
    world: World, alice: Tenant, query: str, expected: set[str]
) -> None:
    befriend(world, alice, 6)
    query = query.replace("account=1", f"account={alice.account_id}")
    assert set(names(alice.walker.go(f"{world.url}/friends?{query}"))) == expected


def test_pages_of_fifty_cover_everybody_once(world: World, alice: Tenant) -> None:
    befriend(world, alice, 120)
    walker, seen = alice.walker, []
    page = walker.go(f"{world.url}/friends?q=Friend")
    for _ in range(9):
        seen.append(names(page))
        older = page.html.partition('data-testid="older"')[0].rpartition('href="')[2]
        if "older" not in marks(page):
            break
        page = walker.go(older.partition('"')[0].replace("&amp;", "&"))
    assert [len(part) for part in seen] == [50, 50, 20]
    assert len({name for part in seen for name in part}) == 120


def test_many_friends_take_no_more_statements_than_two(world: World, alice: Tenant) -> None:
    befriend(world, alice, 2)
    with counted(world) as few:
        alice.walker.go(f"{world.url}/friends")
    befriend(world, alice, 60)
    with counted(world) as many:
        page = alice.walker.go(f"{world.url}/friends")
    assert len(names(page)) == 50
    assert len(many) == len(few)
    assert len(many) <= 8


def test_the_dashboard_takes_no_more_statements_for_more_friends(
    world: World, alice: Tenant
) -> None:
    befriend(world, alice, 2)
    with counted(world) as few:
        alice.walker.go(f"{world.url}/")
    befriend(world, alice, 60)
    with counted(world) as many:
        page = alice.walker.go(f"{world.url}/")
    assert len(many) == len(few)
    assert "of 60 friends are linked" in page.text
    assert marks(page).count("contact") == 8


def test_a_friend_shows_both_halves_and_the_history(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    page = alice.walker.go(f"{world.url}/friends/{friend_id}")
    assert {"line-half", "hubspot-half", "tie", "history", "record"} <= set(marks(page))
    assert "U" + "a" * 32 in page.text
    assert f"Linked with contact {ALICE}" in page.text


def test_unlinking_says_the_consequence_and_leaves_a_line_in_the_ledger(
    world: World, alice: Tenant
) -> None:
    friend_id, contact_row_id = linked(world, alice)
    page = alice.walker.go(f"{world.url}/friends/{friend_id}")
    assert "LINE properties in HubSpot are cleared" in page.text
    token = csrf_of(page)
    address = f"{world.url}/friends/{friend_id}/unlink"
    assert alice.walker.session.post(address).status_code == 400
    for _ in range(2):
        answer = alice.walker.session.post(address, data={"csrf_token": token})
        assert answer.status_code == 200
    with world.app.app_context():
        assert db.session.scalar(db.select(Linkage)) is None
        deeds = db.session.scalars(db.select(LedgerEntry).order_by(LedgerEntry.id)).all()
        assert [(one.deed, one.actor) for one in deeds] == [
            ("linked", "test"),
            ("unlinked", "admin@example.com"),
        ]
        assert db.session.get_one(Contact, contact_row_id).mirror_owed
    assert "no-contact" in marks(alice.walker.go(f"{world.url}/friends/{friend_id}"))


def test_what_people_call_themselves_is_text_and_nothing_else(world: World, alice: Tenant) -> None:
    friend_id, contact_row_id = linked(world, alice)
    evil = "<script>alert(1)</script>"
    with world.app.app_context(), transaction():
        friend = db.session.get_one(Friend, friend_id)
        friend.display_name, friend.picture_url = evil, 'x" onerror="alert(1)'
        friend.tags = [evil]
        db.session.get_one(Contact, contact_row_id).firstname = evil
    for path in ("/", "/friends", f"/friends/{friend_id}", "/friends?q=" + evil):
        html = alice.walker.go(world.url + path).html
        assert evil not in html
        assert 'onerror="' not in html


def test_another_tenants_friends_are_not_in_the_list(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    befriend(world, alice, 3)
    assert names(charlie.walker.go(f"{world.url}/friends")) == []
    page = charlie.walker.go(f"{world.url}/friends?account={alice.account_id}&q=Friend")
    assert names(page) == []
    assert urlsplit(page.url).path == "/friends"
