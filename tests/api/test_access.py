"""Who may call the API."""

import pytest
from flask import Flask

from plugin.core.clock import utcnow
from plugin.models import ApiKey
from plugin.models.transaction import transaction
from tests.api.client import PREFIX, Program, program
from tests.support.world import Tenant, World


def api_routes(app: Flask) -> list[tuple[str, str]]:
    """Every (method, rule) below the API's prefix."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(PREFIX)]
    return sorted(
        (method, rule.rule)
        for rule in rules
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}
    )


def filled(rule: str, value: str = "1") -> str:
    """A rule with a value in the place of every variable."""
    return "/".join(value if part.startswith("<") else part for part in rule.split("/"))


def test_every_route_but_the_description_asks_for_a_key(world: World) -> None:
    client = world.app.test_client()
    answers = {
        (method, rule): client.open(filled(rule), method=method).status_code
        for method, rule in api_routes(world.app)
    }
    open_ones = {route for route, status in answers.items() if status != 401}
    assert len(answers) > 15
    assert open_ones == {("GET", f"{PREFIX}/openapi.json")}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer musubi_wrong", "Basic YTpi", "Bearer \u00e9"]
)
def test_a_wrong_key_opens_nothing(world: World, header: str) -> None:
    answer = world.app.test_client().get(f"{PREFIX}/friends", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_opens_nothing(world: World, alice: Tenant) -> None:
    caller = program(world, alice)
    assert caller.ask("GET", "/friends").status_code == 200
    with world.app.app_context(), transaction() as session:
        for key in ApiKey.list_owned(alice.installation_id):
            key.revoked_at = utcnow()
        session.flush()
    assert caller.ask("GET", "/friends").status_code == 401


def test_a_reader_reads_and_changes_nothing(world: World, alice: Tenant) -> None:
    reader = program(world, alice, "reader")
    assert reader.results("/qr-codes")
    for method, rule in api_routes(world.app):
        if method != "GET":
            answer = reader.ask(method, filled(rule).removeprefix(PREFIX), {})
            assert (answer.status_code, answer.json["code"]) == (403, "read_only"), rule
    assert len(reader.results("/qr-codes")) == 1


def test_a_signed_in_browser_is_no_program(world: World, alice: Tenant) -> None:
    answer = world.app.test_client().get(f"{PREFIX}/friends", headers={"Cookie": "musubi=x"})
    assert answer.status_code == 401


def test_answers_are_kept_out_of_caches(world: World, alice: Tenant) -> None:
    caller: Program = program(world, alice)
    assert caller.ask("GET", "/friends").headers["Cache-Control"] == "no-store"


def test_api_keys_are_made_listed_and_revoked_by_command(world: World, alice: Tenant) -> None:
    run = world.app.test_cli_runner().invoke
    made = run(args=["api-key", "create", "--portal", "20000001", "--role", "admin"])
    assert made.exit_code == 0, made.output
    caller = Program(world, made.output.strip())
    assert caller.ask("GET", "/friends").status_code == 200
    listed = run(args=["api-key", "list", "--portal", "20000001"]).output
    assert "admin" in listed
    assert made.output.strip() not in listed
    number = listed.split("\t")[0]
    assert run(args=["api-key", "revoke", "--portal", "20000001", number]).exit_code == 0
    assert caller.ask("GET", "/friends").status_code == 401
    assert "revoked" in run(args=["api-key", "list", "--portal", "20000001"]).output


def test_commands_say_what_is_not_there(world: World, alice: Tenant, charlie: Tenant) -> None:
    run = world.app.test_cli_runner().invoke
    assert run(args=["api-key", "create", "--portal", "7"]).exit_code == 1
    run(args=["api-key", "create", "--portal", "20000001"])
    listed = run(args=["api-key", "list", "--portal", "20000001"]).output
    foreign = run(args=["api-key", "revoke", "--portal", "20000002", listed.split("\t")[0]])
    assert foreign.exit_code == 1


def test_nobody_reads_a_strangers_body(world: World) -> None:
    client = world.app.test_client()
    answer = client.post(f"{PREFIX}/qr-codes", data=b"{", content_type="text/plain")
    assert answer.status_code == 401
