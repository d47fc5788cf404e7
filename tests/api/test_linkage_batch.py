"""A program links up to a hundred pairs with one call."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from sqlalchemy import event, update

from plugin.models import Contact, Friend, db
from plugin.models.transaction import transaction
from tests.api.client import PREFIX, Program, key_for, program
from tests.support.imports import befriend, calls, contacts_with
from tests.support.people import line_user, linked
from tests.support.portal import Portal, mute
from tests.support.world import ALICE, BOB, Tenant, World, sql_of

READ = "contacts/batch/read"
OTHER = "U" + "b" * 32


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    """Alice's program."""
    return program(world, alice)


def pair(tenant: Tenant, contact_id: Any, user_id: str) -> dict[str, Any]:
    account = str(tenant.account_id)
    return {"official_account": account, "contact_id": str(contact_id), "line_user_id": user_id}


def ask(caller: Program, *pairs: Any, **headers: str) -> list[dict[str, Any]]:
    answer = caller.ask("POST", "/linkages/batch", {"linkages": list(pairs)}, **headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["results"]
    return found


def crowd(world: World, tenant: Tenant, count: int) -> list[dict[str, Any]]:
    """Pairs of whom Musubi knows nothing yet."""
    users = befriend(world.sandbox, count)
    contacts = contacts_with(world.sandbox, [""] * count)
    return [pair(tenant, *both) for both in zip(contacts, users, strict=True)]


@contextmanager
def erased_after_the_look(world: World, user_id: str) -> Iterator[None]:
    """The friend is erased as soon as Musubi has seen who is known."""
    gone: list[str] = []

    def erase(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not gone and "friend.line_user_id IN" in statement:
            gone.append(user_id)
            row = update(Friend).where(Friend.line_user_id == user_id)
            with engine.begin() as connection:
                connection.execute(row.values(line_user_id="erased:1"))

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "after_cursor_execute", erase)
    try:
        yield
    finally:
        event.remove(engine, "after_cursor_execute", erase)
    assert gone


@pytest.mark.both_databases
def test_a_hundred_pairs_cost_hubspot_one_read(
    world: World, alice: Tenant, caller: Program
) -> None:
    pairs = crowd(world, alice, 100)
    world.work()
    before = calls(world.sandbox)
    with sql_of(world) as first:
        results = ask(caller, *pairs)
    assert len(first) < 60
    made = calls(world.sandbox) - before
    assert {name: made[name] for name in made if "/line-api/" not in name} == {READ: 1}
    assert [result["status"] for result in results] == ["created"] * 100
    for asked, result in zip(pairs, results, strict=True):
        assert {name: result["linkage"][name] for name in asked} == asked
        assert result["problem"] is None
    world.work()
    for asked in (pairs[0], pairs[99]):
        contact = world.sandbox.contact(int(asked["contact_id"]))
        assert contact["line_user_id"] == asked["line_user_id"]
    history = caller.results("/linkages/history?limit=200")
    assert {(entry["deed"], entry["method"], entry["actor"]) for entry in history} == {
        ("linked", "manual", f"API key {caller.key[:12]}")
    }
    assert len(history) == 100
    with sql_of(world) as statements:
        assert {result["status"] for result in ask(caller, *pairs)} == {"already"}
    assert len(statements) < 40


@pytest.mark.both_databases
def test_an_odd_pair_stops_no_other(
    world: World, alice: Tenant, charlie: Tenant, caller: Program
) -> None:
    linked(world, alice, BOB, OTHER)
    free, user = contacts_with(world.sandbox, [""])[0], line_user("charlie")
    results = ask(
        caller,
        pair(alice, free, user),
        {"contact_id": "x", "more": 1},
        pair(charlie, ALICE, user),
        pair(alice, 7, user),
        pair(alice, ALICE, "U" + "c" * 32),
        pair(alice, BOB, user),
        pair(alice, ALICE, OTHER),
        pair(alice, ALICE, user),
        pair(alice, free, user),
        pair(alice, ALICE, "Alice"),
    )
    assert [result["status"] for result in results] == [
        "created", "invalid", "not_found", "not_found", "not_found", "conflict", "conflict",
        "conflict", "already", "invalid",
    ]  # fmt: skip
    problems = [result["problem"] for result in results]
    assert set(problems[1]["errors"]) == {
        "official_account", "contact_id", "line_user_id", "more",
    }  # fmt: skip
    assert list(problems[2]["errors"]) == ["official_account"]
    assert list(problems[3]["errors"]) == ["contact_id"]
    assert list(problems[4]["errors"]) == ["line_user_id"]
    assert problems[6]["conflict"]["decision"] == "friend_taken"
    assert problems[6]["conflict"]["linkage"]["contact_id"] == str(BOB)
    assert problems[7]["conflict"]["linkage"]["contact_id"] == str(free)
    assert list(problems[9]["errors"]) == ["line_user_id"]
    waiting = {one["id"]: one for one in caller.results("/conflicts")}
    for problem, asked in zip(
        problems[5:8], ((BOB, user), (ALICE, OTHER), (ALICE, user)), strict=True
    ):
        conflict = waiting.pop(problem["conflict"]["id"])
        assert (conflict["contact_id"], conflict["line_user_id"]) == (str(asked[0]), asked[1])
    assert not waiting
    assert len(caller.results("/linkages")) == 2


def test_a_conflict_that_somebody_kept_is_named_again(
    world: World, alice: Tenant, caller: Program
) -> None:
    linked(world, alice, BOB, OTHER)
    first = ask(caller, pair(alice, ALICE, OTHER))[0]["problem"]["conflict"]["id"]
    assert caller.ask("POST", f"/conflicts/{first}/keep").status_code == 200
    assert ask(caller, pair(alice, ALICE, OTHER))[0]["problem"]["conflict"]["id"] == first


def test_pairs_may_come_as_a_plain_array(alice: Tenant, caller: Program) -> None:
    user = line_user("charlie")
    answer = caller.ask("POST", "/linkages/batch", [pair(alice, ALICE, user)])
    assert answer.json["results"][0]["status"] == "created"


@pytest.mark.parametrize(
    "body", [{}, {"linkages": []}, {"linkages": [{}] * 101}, {"linkages": ["x"]}, [], "x", 1, None]
)
def test_what_is_no_batch(caller: Program, body: Any) -> None:
    answer = caller.ask("POST", "/linkages/batch", body)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")


@pytest.mark.both_databases
def test_a_repeat_under_its_key_gets_the_first_answer(
    world: World, alice: Tenant, caller: Program
) -> None:
    pairs = crowd(world, alice, 2)
    first = ask(caller, *pairs, Idempotency_Key="pairs-1")
    assert [result["status"] for result in first] == ["created"] * 2
    assert ask(caller, *pairs, Idempotency_Key="pairs-1") == first
    assert len(caller.results("/linkages/history")) == 2


def test_contacts_that_were_deleted_or_merged_here_are_looked_at_by_themselves(
    world: World, alice: Tenant, caller: Program
) -> None:
    pairs = crowd(world, alice, 2)
    linked(world, alice, int(pairs[0]["contact_id"]), OTHER)
    linkage = caller.results("/linkages")[0]["id"]
    assert caller.ask("DELETE", f"/linkages/{linkage}").status_code == 204
    with world.app.app_context(), transaction() as session:
        contact = Contact.of_portal(alice.installation_id, int(pairs[0]["contact_id"]))
        assert contact is not None
        contact.deleted_at = contact.read_at
        session.flush()
    assert [result["status"] for result in ask(caller, *pairs)] == ["created"] * 2


def test_a_contact_that_hubspot_merged_is_linked_under_its_new_id(
    world: World, alice: Tenant, caller: Program
) -> None:
    old, other = contacts_with(world.sandbox, ["", ""])
    mute(world)
    new = Portal(world, alice).merge(other, old)
    result = ask(caller, pair(alice, old, line_user("charlie")))[0]
    assert (result["status"], result["linkage"]["contact_id"]) == ("created", str(new))


def test_contacts_that_hubspot_left_out_are_each_read_once(
    world: World, alice: Tenant, caller: Program
) -> None:
    pairs = crowd(world, alice, 3)
    mute(world)
    others = contacts_with(world.sandbox, [""] * 3)
    merge = Portal(world, alice).merge
    new = [
        merge(other, int(asked["contact_id"])) for asked, other in zip(pairs, others, strict=True)
    ]
    before = calls(world.sandbox)
    results = ask(caller, *pairs, *pairs)
    assert (calls(world.sandbox) - before)[READ] == 1 + 3
    assert [result["status"] for result in results] == ["created"] * 3 + ["already"] * 3
    assert [result["linkage"]["contact_id"] for result in results] == [*map(str, new)] * 2


@pytest.mark.both_databases
def test_a_friend_who_is_erased_meanwhile_stops_no_other(
    world: World, alice: Tenant, caller: Program
) -> None:
    linked(world, alice, BOB, OTHER)
    linkage = caller.results("/linkages")[0]["id"]
    assert caller.ask("DELETE", f"/linkages/{linkage}").status_code == 204
    with erased_after_the_look(world, OTHER):
        results = ask(caller, pair(alice, BOB, OTHER), pair(alice, ALICE, line_user("charlie")))
    assert [result["status"] for result in results] == ["not_found", "created"]
    assert list(results[0]["problem"]["errors"]) == ["line_user_id"]
    assert {friend["line_user_id"] for friend in caller.results("/friends")} == {
        "erased:1", line_user("charlie"),
    }  # fmt: skip


def test_what_line_cannot_say_concerns_its_pair_alone(
    world: World, alice: Tenant, caller: Program
) -> None:
    linked(world, alice, BOB, OTHER)
    world.sandbox.fail("/v2/bot/profile/", {"status": 500})
    results = ask(caller, pair(alice, ALICE, line_user("charlie")), pair(alice, BOB, OTHER))
    assert [result["status"] for result in results] == ["unavailable", "already"]
    assert results[0]["problem"]["status"] == 503


def test_what_line_refuses_is_not_worth_another_try(
    world: World, alice: Tenant, caller: Program
) -> None:
    linked(world, alice, BOB, OTHER)
    world.sandbox.fail("/v2/bot/profile/", {"status": 403})
    asked = pair(alice, ALICE, line_user("charlie"))
    results = ask(caller, asked, pair(alice, BOB, OTHER))
    assert [result["status"] for result in results] == ["refused", "already"]
    problem = results[0]["problem"]
    assert (problem["status"], problem["code"]) == (502, "platform_refused")
    alone = caller.ask("POST", "/linkages", asked)
    assert (alone.status_code, alone.json["code"]) == (502, "platform_refused")


def test_nothing_is_done_where_hubspot_is_down(
    world: World, alice: Tenant, caller: Program
) -> None:
    world.sandbox.fail("/crm/", {"status": 500})
    body = {"linkages": [pair(alice, ALICE, line_user("charlie"))]}
    answer = caller.ask("POST", "/linkages/batch", body)
    assert (answer.status_code, answer.json["code"]) == (503, "platform_unavailable")
    assert caller.results("/linkages") == []


def test_four_hundred_single_calls_at_once_share_their_reads(world: World, alice: Tenant) -> None:
    pairs = crowd(world, alice, 400)
    world.work()
    world.sandbox.control("POST", "/limits", {"hubspot": True})
    headers = {"Authorization": f"Bearer {key_for(world, alice)}"}
    url = f"{world.url}{PREFIX}/linkages"

    def post(asked: dict[str, Any]) -> int:
        return requests.post(url, json=asked, headers=headers, timeout=120).status_code

    with ThreadPoolExecutor(64) as threads:
        statuses = list(threads.map(post, pairs))
    assert statuses == [201] * 400
