"""The friends' list and page: both halves, the tie, the filters, and untying."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from plugin.models import Contact, Friend, HistoryEntry, Linkage, db
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link
from tests.support.people import carry, linked
from tests.support.walker import Page
from tests.support.world import ALICE, Tenant, World, sql_of
from tests.web.pages import csrf_of, marks

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def befriend(world: World, tenant: Tenant, number: int) -> None:
    """`number` friends, every second of them linked."""
    with world.app.app_context(), transaction():
        account = world.account(tenant)
        for each in range(number):
            friend = get_or_create_friend(account, f"U{each:032x}", NOW)
            friend.display_name = f"Friend {each}"
            friend.status = ("following", "blocked", "unknown")[each % 3]
            if each % 2:
                continue
            contact = get_or_create_contact(tenant.installation_id, ALICE + each)
            address = f"friend{each}@example.com"
            contact.update_from(
                {"email": address, "firstname": "Alice", "lastname": f"No{each}"}, NOW
            )
            link(LinkRequest(friend, contact, "qr", "friend"))


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


def test_pages_cover_everybody_once(world: World, alice: Tenant) -> None:
    befriend(world, alice, 120)
    walker, seen = alice.walker, []
    page = walker.go(f"{world.url}/friends?q=Friend")
    for _ in range(9):
        seen.append(names(page))
        older = page.html.partition('data-testid="older"')[0].rpartition('href="')[2]
        if "older" not in marks(page):
            break
        page = walker.go(older.partition('"')[0].replace("&amp;", "&"))
    assert [len(part) for part in seen] == [20] * 6
    assert len({name for part in seen for name in part}) == 120


def test_many_friends_take_no_more_statements_than_two(world: World, alice: Tenant) -> None:
    befriend(world, alice, 2)
    with sql_of(world) as few:
        alice.walker.go(f"{world.url}/friends")
    befriend(world, alice, 60)
    with sql_of(world) as many:
        page = alice.walker.go(f"{world.url}/friends")
    assert len(names(page)) == 20
    assert len(many) == len(few)
    assert len(many) <= 11


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_page_of_all_that_friends_may_carry_stays_small(
    world: World, alice: Tenant, language: str
) -> None:
    befriend(world, alice, 60)
    # As long as LINE's names and pictures are.
    picture = f"https://profile.line-scdn.net/{'x' * 92}"
    with world.app.app_context(), transaction() as session:
        session.execute(
            update(Friend).values(
                display_name="山田花子" * 5, picture_url=picture, last_received_at=NOW
            )
        )  # fmt: skip
        address = "hanako.yamada.tokyo@example.co.jp"
        session.execute(update(Contact).values(firstname="花子", lastname="山田", email=address))
        for friend in session.scalars(db.select(Friend)).unique():
            carry(friend, *(f"春のセール{number}" for number in range(4)))
    page = alice.walker.go(f"{world.url}/friends?linked=yes&sort=-linked&lang={language}")
    assert "older" in marks(page)
    assert len(page.html.encode()) < 60_000


def test_the_dashboard_takes_no_more_statements_for_more_friends(
    world: World, alice: Tenant
) -> None:
    befriend(world, alice, 2)
    with sql_of(world) as few:
        alice.walker.go(f"{world.url}/")
    befriend(world, alice, 60)
    with sql_of(world) as many:
        page = alice.walker.go(f"{world.url}/")
    assert len(many) == len(few)
    assert "of 60 people known from LINE are linked" in page.text
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
        deeds = db.session.scalars(db.select(HistoryEntry).order_by(HistoryEntry.id)).all()
        assert [(one.event_type, one.actor) for one in deeds] == [
            ("linked", "test"),
            ("unlinked", "admin@example.com"),
        ]
        assert db.session.get_one(Contact, contact_row_id).push_pending
    assert "no-contact" in marks(alice.walker.go(f"{world.url}/friends/{friend_id}"))


def test_what_people_call_themselves_is_text_and_nothing_else(world: World, alice: Tenant) -> None:
    friend_id, contact_row_id = linked(world, alice)
    evil = "<script>alert(1)</script>"
    with world.app.app_context(), transaction():
        friend = db.session.get_one(Friend, friend_id)
        friend.display_name, friend.picture_url = evil, 'x" onerror="alert(1)'
        carry(friend, evil)
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


@pytest.mark.parametrize(
    ("language", "first", "last", "said", "turned"),
    [
        ("ja", "美咲", "山田", "山田 美咲", "美咲 山田"),
        ("en", "美咲", "山田", "山田 美咲", "美咲 山田"),
        ("ja", "Alice", "Example", "Alice Example", "Example Alice"),
    ],
)
def test_a_name_stands_in_the_order_of_its_script(
    world: World, alice: Tenant, language: str, first: str, last: str, said: str, turned: str
) -> None:
    friend_id, row = linked(world, alice)
    with world.app.app_context(), transaction():
        contact = db.session.get_one(Contact, row)
        contact.firstname, contact.lastname = first, last
    for path in ("/", "/friends", f"/friends/{friend_id}"):
        page = alice.walker.go(f"{world.url}{path}?lang={language}")
        assert said in page.text, path
        assert turned not in page.text, path
    found = alice.walker.go(f"{world.url}/friends?q={last}+{first}")
    assert marks(found).count("row") == 1


def test_friends_stand_in_one_table_under_headings(world: World, alice: Tenant) -> None:
    befriend(world, alice, 3)
    page = alice.walker.go(f"{world.url}/friends")
    assert page.html.count("<table") == 1
    assert page.html.count('role="columnheader"') == 7
    assert page.html.count('data-testid="row"') == 3
    assert page.html.count('role="cell"') == 21


def test_an_empty_result_counts_itself(world: World, alice: Tenant) -> None:
    befriend(world, alice, 4)
    assert "2 of 4 are linked." in alice.walker.go(f"{world.url}/friends").text
    nobody = alice.walker.go(f"{world.url}/friends?q=nobody")
    assert "0 of 4 friends fit." in nobody.text
    assert "4 are linked" not in nobody.text
    assert (
        "1 of 4 friends fits." in alice.walker.go(f"{world.url}/friends?q=friend0@example.com").text
    )
    assert "2 of 4 friends fit." in alice.walker.go(f"{world.url}/friends?linked=yes").text


def test_times_show_no_seconds_but_on_hover(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context(), transaction():
        friend = db.session.get_one(Friend, friend_id)
        friend.last_sent_at = NOW.replace(hour=9, minute=5, second=7)
    # In the portal's own time zone, whichever it is.
    for language, said in (("en", r"Jan 1, 2026 \d+:05\s[AP]M"), ("ja", r"2026/01/01 \d+:05")):
        html = alice.walker.go(f"{world.url}/friends/{friend_id}?lang={language}").html
        times = re.findall(r'<time datetime="[^"]*" title="([^"]*)">([^<]*)</time>', html)
        assert [text for _, text in times if re.search(r":\d\d:", text)] == []
        [hover] = [title for title, text in times if re.fullmatch(said, text)]
        assert re.search(r"\d:05:07", hover)
        assert "just now" in html or language == "ja"


def test_the_end_of_a_list_says_that_there_is_more_before(world: World, alice: Tenant) -> None:
    befriend(world, alice, 2)
    page = alice.walker.go(f"{world.url}/friends?before=1")
    assert "No older friends" in page.text
    assert "Nobody fits" not in page.text
