"""Charlie's program sees nothing of Alice's, whatever it asks for."""

from typing import Any

import pytest

from plugin.models import (
    HistoryEntry,
    db,
)
from tests.api.client import PREFIX, Program, program
from tests.api.fuzz.estate import estate_of
from tests.api.test_access import api_routes, filled
from tests.support.world import ALICE, Tenant, World

BODIES: dict[str, dict[str, object]] = {
    "/qr-codes": {"name": "Counter", "linkage_type": "hubspot"},
    "/linkages": {"contact_id": str(ALICE), "line_user_id": "U" + "a" * 32},
    "/imports": {"list_id": "1", "property": "company"},
    "/friend-imports": {},
    "/template-drafts": {"name": "Mine?", "messages": [{"type": "text", "text": "Hi"}]},
    "/templates": {"name": "Mine?", "messages": [{"type": "text", "text": "Hi"}]},
    "/segments": {"name": "Mine?", "rule": {"all": []}},
    "/segments/preview": {"rule": {"all": []}},
    "/broadcasts": {"messages": [{"type": "text", "text": "Hi"}]},
}


def body_for(world: World, method: str, rule: str) -> Any:
    """A body that could be taken: the description's own example, or a file."""
    path = rule.replace("<", "{").replace(">", "}")
    operation = world.app.extensions["musubi_openapi"]["paths"][path][method.lower()]
    content = operation.get("requestBody", {}).get("content", {})
    if "application/octet-stream" in content:
        return b"x"
    return content.get("application/json", {}).get("example")


@pytest.fixture
def alices(world: World, alice: Tenant) -> dict[str, str]:
    """The ids of everything Alice has, by the name of the route's variable."""
    return estate_of(world, alice)


@pytest.fixture
def stranger(world: World, charlie: Tenant) -> Program:
    """Charlie's program."""
    return program(world, charlie)


def test_every_route_hides_what_is_alices(
    world: World, alices: dict[str, str], stranger: Program
) -> None:
    asked = 0
    for method, rule in api_routes(world.app):
        if "<" in rule:
            name = rule.split("<")[1].split(">")[0]
            path = filled(rule, alices[name]).removeprefix(PREFIX)
            body = body_for(world, method, rule) if method != "GET" else None
            assert stranger.ask(method, path, body).status_code == 404, (method, path)
            asked += 1
    assert asked > 10


def named_in_bodies(world: World) -> set[str]:
    """The addresses whose bodies need an Official Account."""
    spec = world.app.extensions["musubi_openapi"]
    found = set()
    for path, item in spec["paths"].items():
        body = item.get("post", {}).get("requestBody", {}).get("content", {})
        name = body.get("application/json", {}).get("schema", {}).get("$ref", "").split("/")[-1]
        if "official_account" in spec["components"]["schemas"].get(name, {}).get("required", ()):
            found.add(path.removeprefix(PREFIX))
    return found


def test_bodies_cannot_name_what_is_alices(
    world: World, alices: dict[str, str], stranger: Program
) -> None:
    assert set(BODIES) == named_in_bodies(world)
    for path, body in BODIES.items():
        foreign, missing = (
            stranger.ask("POST", path, {**body, "official_account": account})
            for account in (alices["account_id"], "999")
        )
        assert foreign.status_code == 404, path
        assert "official_account" in foreign.json["errors"]
        # Nobody learns whether it is there.
        assert foreign.json == missing.json, path


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "path",
    [
        "/friends",
        "/friends?q=a",
        "/friends?linked=true",
        "/linkages",
        f"/linkages?contact_id={ALICE}",
        "/linkages/history",
        f"/linkages/history?contact_id={ALICE}",
        f"/linkages?line_user_id=U{'a' * 32}",
        "/jobs",
        "/conflicts",
        "/imports",
        "/friend-imports",
        "/list-exports",
        "/broadcasts",
        "/webhooks",
    ],
)
def test_lists_hold_nothing_of_alices(alices: dict[str, str], stranger: Program, path: str) -> None:
    assert stranger.results(path) == []


def test_filters_reach_no_foreign_account(alices: dict[str, str], stranger: Program) -> None:
    for path in ("/friends", "/linkages", "/linkages/history"):
        assert stranger.results(f"{path}?official_account={alices['account_id']}") == []


def test_segments_of_others_are_not_there(alices: dict[str, str], stranger: Program) -> None:
    for method, path, body in (
        ("GET", f"/friends?segment={alices['segment_id']}", None),
        ("POST", "/list-exports", {"name": "Hers", "segment": alices["segment_id"]}),
    ):
        answer = stranger.ask(method, path, body)
        assert (answer.status_code, list(answer.json["errors"])) == (404, ["segment"])


def test_alice_still_has_everything(
    world: World, alice: Tenant, alices: dict[str, str], stranger: Program
) -> None:
    test_every_route_hides_what_is_alices(world, alices, stranger)
    hers = program(world, alice)
    for name, path in (
        ("friend_id", "friends"),
        ("linkage_id", "linkages"),
        ("code_id", "qr-codes"),
    ):
        assert hers.get(f"/{path}/{alices[name]}")["id"] == alices[name]
    assert [job["id"] for job in hers.results("/jobs")] == [alices["job_id"]]
    with world.app.app_context():
        # The tie and the wish that stands in conflict with it.
        assert db.session.query(HistoryEntry).count() == 2


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "odd", ["0", "-1", "007", "x", "1.5", "9" * 19, "9" * 400, "\u0661", "1%00", "%20", "None"]
)
def test_odd_ids_are_simply_not_there(
    world: World, charlie: Tenant, stranger: Program, odd: str
) -> None:
    for method, rule in api_routes(world.app):
        if "<" in rule:
            path = filled(rule, odd).removeprefix(PREFIX)
            body = body_for(world, method, rule) if method != "GET" else None
            assert stranger.ask(method, path, body).status_code == 404, (method, rule)
