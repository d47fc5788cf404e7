"""Imports over the API, as the contract has them."""

import pytest

from tests.api.client import Program, program
from tests.support.imports import FIELD, befriend, contacts_with, list_of, ties
from tests.support.world import ALICE, Sandbox, Tenant, World


@pytest.fixture
def hers(world: World, alice: Tenant) -> Program:
    """Alice's program."""
    return program(world, alice)


def body(alice: Tenant, source: str, /, **more: object) -> dict[str, object]:
    plan = {"official_account": str(alice.account_id), "list_id": source, "property": FIELD}
    return {**plan, "every_minutes": 60, **more}


@pytest.mark.both_databases
def test_an_import_from_saving_to_removal(
    world: World, alice: Tenant, sandbox: Sandbox, hers: Program
) -> None:
    friends = befriend(sandbox, 2)
    ids = contacts_with(sandbox, [*friends, "nonsense", "U" + "0" * 32])
    answer = hers.ask("POST", "/imports", body(alice, list_of(sandbox, ids)))
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert (made["state"], made["last_run"]["state"]) == ("running", "running")
    assert (made["list_name"], made["property"], made["every_minutes"]) == ("Customers", FIELD, 60)
    world.work()
    path = f"/imports/{made['id']}"
    seen = hers.get(path)
    assert seen["state"] == "idle"
    run = seen["last_run"]
    assert run["state"] == "finished"
    assert run["started_at"] <= run["finished_at"] <= seen["next_run_at"]
    counted = ("read", "linked", "already_linked", "invalid_id", "unknown_friend", "conflict")
    assert [run[name] for name in counted] == [4, 2, 0, 1, 1, 0]
    assert len(ties(world)) == 2

    assert hers.ask("POST", f"{path}/run").json["state"] == "running"
    world.work()
    assert hers.get(path)["last_run"]["already_linked"] == 2
    assert len(hers.results(f"{path}/runs")) == 2
    assert [one["kind"] for one in hers.results(f"{path}/findings")] == [
        "invalid_id",
        "unknown_friend",
    ]
    found = hers.results(f"{path}/findings?kind=invalid_id")
    assert found == [
        {"contact_id": str(ids[2]), "kind": "invalid_id", "value": "nonsense", "other": ""}
    ]
    assert hers.ask("PATCH", path, {"every_minutes": 0}).json["next_run_at"] is None
    assert [one["id"] for one in hers.results("/imports")] == [made["id"]]
    assert hers.ask("DELETE", path).status_code == 204
    assert hers.ask("GET", path).status_code == 404
    assert len(ties(world)) == 2


def test_it_can_be_stopped(alice: Tenant, sandbox: Sandbox, hers: Program) -> None:
    made = hers.ask("POST", "/imports", body(alice, list_of(sandbox, [ALICE]))).json
    stopped = hers.ask("POST", f"/imports/{made['id']}/stop").json
    assert (stopped["state"], stopped["last_run"]["state"]) == ("idle", "stopped")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"list_id": "9999"}, "list_id"),
        ({"list_id": "../2"}, "list_id"),
        ({"property": "no_such_property"}, "property"),
        ({"property": "lifecyclestage"}, "property"),
        ({"every_minutes": -1}, "every_minutes"),
    ],
)
def test_what_cannot_be_imported_is_refused_by_field(
    alice: Tenant, sandbox: Sandbox, hers: Program, wrong: dict[str, object], field: str
) -> None:
    answer = hers.ask("POST", "/imports", body(alice, list_of(sandbox, []), **wrong))
    assert answer.status_code == 422, answer.text
    assert field in answer.json["errors"]


def test_without_a_property_the_accounts_own_is_taken(
    alice: Tenant, sandbox: Sandbox, hers: Program
) -> None:
    sent = body(alice, list_of(sandbox, []))
    del sent["property"]
    assert hers.ask("POST", "/imports", sent).json["property"] == "line_user_id"


@pytest.mark.both_databases
def test_friends_are_imported(world: World, alice: Tenant, sandbox: Sandbox, hers: Program) -> None:
    befriend(sandbox, 5)
    sent = {"official_account": str(alice.account_id)}
    made = hers.ask("POST", "/friend-imports", sent)
    assert (made.status_code, made.json["state"]) == (201, "running")
    assert hers.ask("POST", "/friend-imports", sent).json["id"] == made.json["id"]
    world.work()
    seen = hers.get(f"/friend-imports/{made.json['id']}")
    # Charlie is a friend of the account from the start.
    assert (seen["state"], seen["found"], seen["new"]) == ("finished", 6, 6)
    names = {one["display_name"]: one["status"] for one in hers.results("/friends")}
    assert names["Friend 1"] == "following"
    again = hers.ask("POST", "/friend-imports", sent).json["id"]
    world.work()
    seen = hers.get(f"/friend-imports/{again}")
    assert (seen["state"], seen["found"], seen["new"]) == ("finished", 6, 0)


def test_where_line_forbids_it_the_import_says_so(
    world: World, alice: Tenant, sandbox: Sandbox, hers: Program
) -> None:
    sandbox.control("POST", "/line-channels/2000000001", {"verified": False})
    made = hers.ask("POST", "/friend-imports", {"official_account": str(alice.account_id)}).json
    world.work()
    assert hers.get(f"/friend-imports/{made['id']}")["state"] == "forbidden"


def test_an_import_of_friends_can_be_cancelled(
    world: World, alice: Tenant, sandbox: Sandbox, hers: Program
) -> None:
    made = hers.ask("POST", "/friend-imports", {"official_account": str(alice.account_id)}).json
    assert hers.ask("POST", f"/friend-imports/{made['id']}/cancel").json["state"] == "cancelled"
    world.work()
    assert hers.get(f"/friend-imports/{made['id']}")["found"] == 0
