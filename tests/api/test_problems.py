"""Every error of the API is a problem document that says what to do, and tells no secrets."""

import json
from typing import Any

import pytest

from plugin.models import Installation, db
from tests.api.client import PREFIX, Answered, Program, program
from tests.support.people import linked
from tests.support.world import ALICE, BOB, Tenant, World

FRIEND = "U" + "b" * 32


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    """Alice's program."""
    return program(world, alice)


def problem(answer: Answered, status: int) -> dict[str, Any]:
    """The document, once its form is right."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    said: dict[str, Any] = json.loads(answer.text)
    assert said["status"] == status
    assert {"type", "title", "code", "detail"} <= said.keys()
    return said


def test_an_unknown_route_is_a_problem_also_without_a_key(world: World, caller: Program) -> None:
    problem(Answered.of(world.app.test_client().get(f"{PREFIX}/nothing")), 404)
    problem(caller.ask("GET", "/nothing/at/all"), 404)


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(caller: Program) -> None:
    answer = caller.ask("PUT", "/friends")
    problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


def raw(caller: Program, body: bytes, media_type: str = "application/json") -> Answered:
    headers = {"Authorization": f"Bearer {caller.key}"}
    return Answered.of(
        caller.client.post(
            f"{PREFIX}/qr-codes", data=body, content_type=media_type, headers=headers
        )
    )


def test_a_body_of_another_kind_is_refused(caller: Program) -> None:
    problem(raw(caller, b"name=x", "application/x-www-form-urlencoded"), 415)
    problem(raw(caller, b"{}", "text/plain"), 415)


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b"[" * 100_000, b'{"name": ' + b"1" * 5000 + b"}"],
    ids=["cut", "not utf-8", "deep", "long number"],
)  # fmt: skip
def test_a_body_that_is_no_json_is_refused(caller: Program, body: bytes) -> None:
    problem(raw(caller, body), 400)


def test_a_body_that_is_too_long_is_refused(caller: Program) -> None:
    problem(raw(caller, b" " * 300_000), 413)


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"7", b"{}", b""])
def test_a_body_without_the_fields_is_invalid(caller: Program, body: bytes) -> None:
    assert problem(raw(caller, body), 422)["errors"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": 7}, "name"),
        ({"linkage_type": "other"}, "linkage_type"),
        ({"linkage_type": None}, "linkage_type"),
        ({"official_account": 1}, "official_account"),
        ({"official_account": "x"}, "official_account"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_errors_name_the_field(
    alice: Tenant, caller: Program, changed: dict[str, Any], field: str
) -> None:
    right = {"official_account": str(alice.account_id), "name": "x", "linkage_type": "none"}
    said = problem(caller.ask("POST", "/qr-codes", {**right, **changed}), 422)
    assert list(said["errors"]) == [field]
    assert said["errors"][field][0] in said["detail"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "linked=perhaps", "status=gone", "surprise=1",
              "official_account=x", "q=%00", f"limit={'9' * 5000}"]
)  # fmt: skip
def test_filters_that_say_nothing_right_are_refused(caller: Program, query: str) -> None:
    said = problem(caller.ask("GET", f"/friends?{query}"), 422)
    assert query.split("=", maxsplit=1)[0] in said["errors"]


def linkage(alice: Tenant, contact_id: int = ALICE, user_id: str = FRIEND) -> dict[str, str]:
    account = str(alice.account_id)
    return {"official_account": account, "contact_id": str(contact_id), "line_user_id": user_id}


def test_a_platform_that_is_away_says_when_to_try_again(
    world: World, alice: Tenant, caller: Program
) -> None:
    world.sandbox.fail("/hubspot-api/", {"status": 503})
    answer = caller.ask("POST", "/linkages", linkage(alice))
    assert problem(answer, 503)["code"] == "platform_unavailable"
    assert int(answer.headers["Retry-After"]) > 0


def test_a_portal_that_left_is_refused_in_words(
    world: World, alice: Tenant, caller: Program
) -> None:
    with world.app.app_context():
        db.session.get_one(Installation, alice.installation_id).state = "disconnected"
        db.session.commit()
    for answer in (caller.ask("POST", "/linkages", linkage(alice)), caller.ask("GET", "/qr-codes")):
        assert "HubSpot" in problem(answer, 403)["detail"]


def test_a_mistake_of_ours_tells_a_reference_and_nothing_else(
    world: World, alice: Tenant, caller: Program, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def broken(*_: Any) -> None:
        raise RuntimeError("alice@example.com is in the message")

    monkeypatch.setattr("plugin.api.resources.accounts.qr_codes.create_qr_code", broken)
    body = {"official_account": str(alice.account_id), "name": "x", "linkage_type": "none"}
    said = problem(caller.ask("POST", "/qr-codes", body), 500)
    logged = capsys.readouterr().out
    assert said["reference"] in logged
    assert "RuntimeError" in logged
    assert "alice@example.com" not in logged + json.dumps(said)


def test_a_conflict_names_the_tie_in_the_way(world: World, alice: Tenant, caller: Program) -> None:
    linked(world, alice, ALICE, FRIEND)
    said = problem(caller.ask("POST", "/linkages", linkage(alice, BOB)), 409)
    assert said["code"] == "friend_taken"
    assert said["conflict"]["linkage"]["contact_id"] == str(ALICE)
