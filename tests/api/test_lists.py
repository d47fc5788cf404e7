"""Lists: pages that skip nobody, filters that mean what they say, few questions to the database."""

from typing import Any

import pytest

from plugin.models import Friend, OfficialAccount, QRCode
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from tests.api.client import Answered, Program, program
from tests.support.people import NOW, carry, linked
from tests.support.world import ALICE, BOB, Tenant, World, sql_of

pytestmark = pytest.mark.both_databases


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    """Alice's program."""
    return program(world, alice)


def befriend(world: World, tenant: Tenant, count: int) -> None:
    """Friends without a linkage, with names from 0 on."""
    with world.app.app_context(), transaction() as session:
        for number in range(count):
            user_id = f"U{number:032x}"
            session.add(
                Friend(
                    official_account_id=tenant.account_id,
                    line_user_id=user_id,
                    display_name=f"Friend {number}",
                    created_at=NOW,
                )
            )


def walk(caller: Program, path: str, limit: int) -> list[dict[str, Any]]:
    """All results, page by page."""
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        said = caller.get(f"{path}?limit={limit}" + (f"&after={after}" if after else ""))
        assert len(said["results"]) <= limit
        found += said["results"]
        after = said["after"]
    return found


@pytest.mark.parametrize("limit", [1, 3, 7, 200])
def test_pages_show_everybody_once(
    world: World, alice: Tenant, caller: Program, limit: int
) -> None:
    befriend(world, alice, 7)
    names = [one["display_name"] for one in walk(caller, "/friends", limit)]
    assert names == [f"Friend {number}" for number in range(7)]


def test_somebody_who_comes_or_goes_shifts_nobody(
    world: World, alice: Tenant, caller: Program
) -> None:
    befriend(world, alice, 4)
    first = caller.get("/friends?limit=2")
    with world.app.app_context(), transaction() as session:
        session.delete(session.get_one(Friend, int(first["results"][0]["id"])))
    second = caller.get(f"/friends?limit=2&after={first['after']}")
    assert [one["display_name"] for one in second["results"]] == ["Friend 2", "Friend 3"]
    assert second["after"] is None


def test_history_goes_from_the_newest_on(world: World, alice: Tenant, caller: Program) -> None:
    for number in range(3):
        linked(world, alice, ALICE + number, f"U{number:032x}")
    ids = [int(one["id"]) for one in walk(caller, "/linkages/history", 2)]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 3


@pytest.mark.parametrize("cursor", ["x", "!!!!", "YWZ0ZXI6eA", "YWZ0ZXI6LTE", "%C3%A9", "A"])
def test_a_cursor_that_is_none_is_refused(caller: Program, cursor: str) -> None:
    for path in ("/friends", "/linkages", "/qr-codes", "/official-accounts", "/jobs"):
        answer = caller.ask("GET", f"{path}?after={cursor}")
        assert (answer.status_code, answer.json["code"]) == (400, "bad_cursor")


@pytest.mark.parametrize("path", ["/friends", "/linkages", "/linkages/history", "/qr-codes"])
def test_a_longer_page_asks_the_database_no_more_often(
    world: World, alice: Tenant, caller: Program, path: str
) -> None:
    counts = []
    for number in range(0, 24, 8):
        for one in range(number, number + 8):
            linked(world, alice, ALICE + one, f"U{one:032x}")
            with world.app.app_context(), transaction() as session:
                account = session.get_one(OfficialAccount, alice.account_id)
                session.add(
                    QRCode(official_account=account, slug=f"slug{one}", name="x",
                           linkage_type="none", created_at=NOW)
                )  # fmt: skip
        with sql_of(world) as sent:
            assert len(caller.results(path)) >= number + 8
        counts.append(len([one for one in sent if one.startswith("SELECT")]))
    assert len(set(counts)) == 1
    assert counts[0] <= 4


@pytest.fixture
def three(world: World, alice: Tenant) -> None:
    """Alice Example is linked and blocks, Bob is linked and follows, a third one is loose."""
    linked(world, alice, ALICE, "U" + "a" * 32, "blocked")
    linked(world, alice, BOB, "U" + "b" * 32)
    with world.app.app_context(), transaction() as session:
        one = get_or_create_contact(alice.installation_id, ALICE)
        one.email, one.firstname, one.lastname = "alice@example.com", "Alice", "Example"
        other = get_or_create_contact(alice.installation_id, BOB)
        other.email, other.firstname = "100%bob@example.com", "Bob"
        loose = Friend(
            official_account_id=alice.account_id,
            line_user_id="U" + "c" * 32,
            display_name="ちゃーりー_x",
            created_at=NOW,
        )
        session.add(loose)
        session.flush()
        carry(loose, "vip", "東京 1")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "abc"),
        ("linked=true", "ab"),
        ("linked=false", "c"),
        ("status=blocked", "a"),
        ("status=following", "b"),
        ("status=unknown", "c"),
        ("linked=true&status=following", "b"),
        ("linked=false&status=following", ""),
        ("q=ALICE", "a"),
        ("q=alice example", "a"),
        ("q=example.com", "ab"),
        ("q=100%25bob", "b"),
        ("q=%25", "b"),
        ("q=_", "c"),
        ("q=ちゃー", "c"),
        (f"q=U{'c' * 32}", "c"),
        (f"q={BOB}", "b"),
        ("q=nobody", ""),
        ("q='; DROP TABLE friend; --", ""),
        ("tag=vip", "c"),
        ("tag=東京 1", "c"),
        ("tag=vi", ""),
        ('tag="vip"', ""),
        ("official_account=99", ""),
    ],
)
def test_filters_of_friends(three: None, caller: Program, query: str, found: str) -> None:
    answer = caller.client.get(
        f"/api/v1/friends?{query}", headers={"Authorization": f"Bearer {caller.key}"}
    )
    assert [one["line_user_id"][1] for one in Answered.of(answer).json["results"]] == list(found)


def test_linkages_are_found_by_either_half(alice: Tenant, three: None, caller: Program) -> None:
    assert len(caller.results("/linkages")) == 2
    by_contact = caller.results(f"/linkages?contact_id={ALICE}")
    by_friend = caller.results(f"/linkages?line_user_id=U{'a' * 32}")
    assert by_contact == by_friend
    assert by_contact[0]["contact_id"] == str(ALICE)
    assert caller.results(f"/linkages?contact_id={ALICE}&line_user_id=U{'b' * 32}") == []
    assert len(caller.results(f"/linkages?official_account={alice.account_id}")) == 2
    assert len(caller.results(f"/linkages/history?contact_id={BOB}")) == 1
    assert len(caller.results(f"/linkages/history?line_user_id=U{'a' * 32}")) == 1
