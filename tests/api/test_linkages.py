"""Programs give personal links, prepare lists, and take links back."""

from typing import Any

import pytest

from plugin.models import LinkageToken, db
from plugin.services.personal_links.bulk import bulk_issue
from tests.api.client import PREFIX, Program, program
from tests.api.test_description import check
from tests.services.personal_links.test_bulk import make_list
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.login_flow.browser import Phone, facts


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    """Alice's program."""
    return program(world, alice)


def give(caller: Program, tenant: Tenant, **changed: Any) -> Any:
    body = {"contact_id": str(ALICE), "qr_code": str(tenant.qr_code_id), **changed}
    return caller.ask("POST", "/linkage-tokens", body)


def order(caller: Program, tenant: Tenant, list_id: str, **more: Any) -> Any:
    body = {"qr_code": str(tenant.qr_code_id), "list_id": list_id, **more}
    return caller.ask("POST", "/list-preparations", body)


def test_a_link_is_given_and_works(world: World, alice: Tenant, caller: Program) -> None:
    answer = give(caller, alice, valid_days=7)
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert made["contact_id"] == str(ALICE)
    assert made["list_preparation"] is None
    world.work()
    assert world.sandbox.contact(ALICE)["line_linkage_url"] == made["url"]
    phone = Phone()
    phone.follow(made["url"])
    phone.submit()
    assert phone.outcome == "linked"
    shown = caller.get(f"/linkage-tokens/{made['id']}")
    assert shown["used_at"] is not None
    assert "url" not in shown


@pytest.mark.both_databases
def test_lists_of_links_tell_no_address(world: World, alice: Tenant, caller: Program) -> None:
    first, second = give(caller, alice).json, give(caller, alice, contact_id=str(BOB)).json
    results = caller.results("/linkage-tokens")
    assert [one["id"] for one in results] == [second["id"], first["id"]]
    assert first["url"].partition("?t=")[2] not in caller.ask("GET", "/linkage-tokens").text
    found = caller.results(f"/linkage-tokens?contact_id={BOB}")
    assert [one["id"] for one in found] == [second["id"]]
    assert caller.results("/linkage-tokens?contact_id=1") == []
    assert len(caller.results(f"/linkage-tokens?qr_code={alice.qr_code_id}")) == 2


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"contact_id": "1"}, 422, "contact_id"),
        ({"contact_id": "x"}, 422, "contact_id"),
        ({"qr_code": "99"}, 404, ""),
        ({"valid_days": 0}, 422, "valid_days"),
        ({"valid_days": 366}, 422, "valid_days"),
        ({"valid_days": "soon"}, 422, "valid_days"),
        ({"more": 1}, 422, "more"),
    ],
)
def test_what_cannot_be_given(
    alice: Tenant, caller: Program, wrong: dict[str, Any], status: int, field: str
) -> None:
    answer = give(caller, alice, **wrong)
    assert answer.status_code == status
    assert not field or field in answer.json["errors"]
    assert caller.results("/linkage-tokens") == []


def test_a_code_that_links_nobody(world: World, alice: Tenant, caller: Program) -> None:
    body = {"official_account": str(alice.account_id), "name": "Wall", "linkage_type": "none"}
    code = caller.ask("POST", "/qr-codes", body).json["id"]
    assert "qr_code" in give(caller, alice, qr_code=code).json["errors"]
    answer = order(caller, alice, make_list(world, ALICE), qr_code=code)
    assert "qr_code" in answer.json["errors"]


def test_a_code_that_takes_no_personal_links(world: World, alice: Tenant, caller: Program) -> None:
    changed = caller.ask("PATCH", f"/qr-codes/{alice.qr_code_id}", {"by_token": False})
    assert changed.status_code == 200
    assert "qr_code" in give(caller, alice).json["errors"]
    assert "qr_code" in order(caller, alice, make_list(world, ALICE)).json["errors"]


def test_a_link_is_taken_back(world: World, alice: Tenant, caller: Program) -> None:
    made = give(caller, alice).json
    world.work()
    for _ in range(2):
        assert caller.ask("DELETE", f"/linkage-tokens/{made['id']}").status_code == 204
    phone = Phone()
    phone.go(made["url"])
    assert phone.outcome == "revoked"
    world.work()
    assert not world.sandbox.contact(ALICE).get("line_linkage_url")
    assert caller.get(f"/linkage-tokens/{made['id']}")["revoked_at"] is not None


@pytest.mark.both_databases
def test_many_are_taken_back(world: World, alice: Tenant, caller: Program) -> None:
    prepared = order(caller, alice, make_list(world, ALICE, BOB)).json["id"]
    world.work()
    give(caller, alice)

    def revoke(**which: str) -> Any:
        return caller.ask("POST", "/linkage-tokens/revoke", which)

    assert revoke(list_preparation=prepared).json == {"revoked": 2}
    assert revoke(contact_id=str(ALICE)).json == {"revoked": 1}
    give(caller, alice)
    assert revoke(qr_code=str(alice.qr_code_id)).json == {"revoked": 1}
    assert revoke(qr_code=str(alice.qr_code_id)).json == {"revoked": 0}
    for which in ({}, {"qr_code": "1", "contact_id": "1"}):
        assert revoke(**which).status_code == 422
    assert revoke(contact_id="7").status_code == 404


@pytest.mark.both_databases
def test_a_list_is_prepared(world: World, alice: Tenant, caller: Program) -> None:
    answer = order(caller, alice, make_list(world, ALICE, BOB), valid_days=5)
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert (made["state"], made["size"], made["list_name"]) == ("running", 2, "Newsletter")
    world.work()
    done = caller.get(f"/list-preparations/{made['id']}")
    assert (done["state"], done["read"], done["made"]) == ("finished", 2, 2)
    assert caller.results("/list-preparations") == [done]
    tokens = caller.results("/linkage-tokens")
    assert {one["list_preparation"] for one in tokens} == {made["id"]}
    again = caller.ask("POST", f"/list-preparations/{made['id']}/run")
    assert again.status_code == 201
    world.work()
    assert caller.get(f"/list-preparations/{again.json['id']}")["kept"] == 2
    assert caller.ask("DELETE", f"/list-preparations/{made['id']}").status_code == 204
    assert all(one["revoked_at"] for one in caller.results("/linkage-tokens"))


@pytest.mark.both_databases
def test_a_list_is_stopped(world: World, alice: Tenant, caller: Program) -> None:
    made = order(caller, alice, make_list(world, count=300)).json
    with world.app.app_context():
        bulk_issue(world.deps, int(made["id"]))
    stopped = caller.ask("POST", f"/list-preparations/{made['id']}/stop").json
    assert (stopped["state"], stopped["made"]) == ("stopped", 250)
    world.work()
    assert caller.get(f"/list-preparations/{made['id']}")["made"] == 250


@pytest.mark.parametrize("list_id", ["", "x", "../14", "987654"])
def test_a_list_that_is_none(world: World, alice: Tenant, caller: Program, list_id: str) -> None:
    answer = order(caller, alice, list_id)
    assert answer.status_code == 422
    assert "list_id" in answer.json["errors"]


def test_charlie_reaches_nothing_of_alices(
    world: World, alice: Tenant, charlie: Tenant, caller: Program
) -> None:
    token = give(caller, alice).json
    prepared = order(caller, alice, make_list(world, ALICE)).json
    other = program(world, charlie)
    before = facts(world)
    for path in (f"/linkage-tokens/{token['id']}", f"/list-preparations/{prepared['id']}"):
        assert other.ask("GET", path).status_code == 404
        assert other.ask("DELETE", path).status_code == 404
    for which in (
        {"qr_code": str(alice.qr_code_id)},
        {"contact_id": str(ALICE)},
        {"list_preparation": prepared["id"]},
    ):
        assert other.ask("POST", "/linkage-tokens/revoke", which).status_code == 404
    assert give(other, alice).status_code == 404
    assert order(other, alice, "1").status_code == 404
    assert other.results("/linkage-tokens") == other.results("/list-preparations") == []
    assert facts(world) == before


def test_who_only_reads_gives_nothing(world: World, alice: Tenant) -> None:
    reader = program(world, alice, "reader")
    assert give(reader, alice).status_code == 403
    with world.app.app_context():
        assert db.session.query(LinkageToken).count() == 0


def test_answers_are_what_the_description_says(
    world: World, alice: Tenant, caller: Program
) -> None:
    spec = caller.get("/openapi.json")
    give(caller, alice)
    order(caller, alice, make_list(world, ALICE))
    for path in ("/linkage-tokens", "/list-preparations"):
        content = spec["paths"][PREFIX + path]["get"]["responses"]["200"]["content"]
        answer = caller.get(path)
        assert answer["results"]
        check(spec, content["application/json"]["schema"], answer)
