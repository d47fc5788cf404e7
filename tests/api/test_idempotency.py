"""`Idempotency-Key`: a write that is sent twice is done once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from plugin.models import IdempotentCall, db
from plugin.models.transaction import transaction
from plugin.services.system.retention import delete_expired
from tests.api.client import PREFIX, Answered, Program, program
from tests.support.people import linked
from tests.support.world import ALICE, BOB, Tenant, World

pytestmark = pytest.mark.both_databases


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    """Alice's program."""
    return program(world, alice)


@pytest.fixture
def body(alice: Tenant) -> dict[str, Any]:
    """A QR code to make: without a key, every call makes another."""
    return {"official_account": str(alice.account_id), "name": "Door", "linkage_type": "none"}


def post(caller: Program, body: Any, key: str, path: str = "/qr-codes") -> Answered:
    return caller.ask("POST", path, body, Idempotency_Key=key)


def change(world: World, **values: Any) -> None:
    """Change what is kept of the one key in use."""
    with world.app.app_context(), transaction() as session:
        row = session.query(IdempotentCall).one()
        for name, value in values.items():
            setattr(row, name, value)


def age(world: World, by: timedelta, **values: Any) -> None:
    """Make the one key in use older."""
    with world.app.app_context():
        claimed_at = db.session.query(IdempotentCall).one().claimed_at
    change(world, claimed_at=claimed_at - by, **values)


def test_the_same_key_gets_the_same_answer(caller: Program, body: dict[str, Any]) -> None:
    first, second = post(caller, body, "k1"), post(caller, body, "k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert second.mimetype == "application/json"
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(caller.results("/qr-codes")) == 2


def test_another_key_or_none_makes_another(caller: Program, body: dict[str, Any]) -> None:
    made = [
        post(caller, body, "k1"),
        post(caller, body, "k2"),
        caller.ask("POST", "/qr-codes", body),
    ]
    assert len({each.json["id"] for each in made}) == 3


def test_the_same_key_for_another_request_is_refused(caller: Program, body: dict[str, Any]) -> None:
    post(caller, body, "k1")
    other = post(caller, {**body, "name": "Window"}, "k1")
    assert (other.status_code, other.json["code"]) == (422, "key_reused")
    elsewhere = post(caller, body, "k1", "/linkages")
    assert elsewhere.status_code == 422


def test_keys_of_two_tenants_do_not_meet(
    world: World, caller: Program, body: dict[str, Any], charlie: Tenant
) -> None:
    post(caller, body, "k1")
    theirs = {**body, "official_account": str(charlie.account_id), "name": "Other"}
    assert post(program(world, charlie), theirs, "k1").status_code == 201


def test_a_key_at_work_makes_others_wait(
    world: World, caller: Program, body: dict[str, Any]
) -> None:
    post(caller, body, "k1")
    change(world, status=None)
    again = post(caller, body, "k1")
    assert (again.status_code, again.json["code"]) == (409, "key_at_work")
    assert again.headers["Retry-After"]


def test_a_call_that_died_is_done_again_after_a_while(
    world: World, caller: Program, body: dict[str, Any]
) -> None:
    post(caller, body, "k1")
    age(world, timedelta(minutes=3), status=None)
    assert post(caller, body, "k1").status_code == 201
    assert post(caller, body, "k1").headers["Idempotency-Replayed"]
    assert len(caller.results("/qr-codes")) == 3


def test_a_key_is_kept_for_a_day(world: World, caller: Program, body: dict[str, Any]) -> None:
    first = post(caller, body, "k1")
    age(world, timedelta(hours=23))
    assert post(caller, body, "k1").json == first.json
    age(world, timedelta(hours=2))
    assert post(caller, body, "k1").json["id"] != first.json["id"]


def test_old_keys_are_put_away(world: World, caller: Program, body: dict[str, Any]) -> None:
    post(caller, body, "k1")
    with world.app.app_context():
        delete_expired()
        assert db.session.query(IdempotentCall).count() == 1
    age(world, timedelta(hours=25))
    with world.app.app_context():
        delete_expired()
        assert db.session.query(IdempotentCall).count() == 0


def test_answers_are_sealed_at_rest(world: World, caller: Program, body: dict[str, Any]) -> None:
    post(caller, body, "k1")
    with world.app.app_context():
        kept = db.session.scalar(text("SELECT answer FROM idempotent_call"))
    assert kept
    assert "Door" not in kept


def test_an_error_that_changed_nothing_leaves_the_key_free(
    world: World, caller: Program, body: dict[str, Any]
) -> None:
    assert post(caller, {**body, "name": ""}, "k1").status_code == 422
    assert post(caller, body, "k1").status_code == 201


def test_a_platform_that_was_away_leaves_the_key_free(
    world: World, alice: Tenant, caller: Program
) -> None:
    linked(world, alice, BOB, "U" + "b" * 32)
    wish = {
        "official_account": str(alice.account_id),
        "contact_id": str(ALICE),
        "line_user_id": "U" + "b" * 32,
    }
    world.sandbox.fail("/hubspot-api/", {"status": 503}, times=1)
    assert post(caller, wish, "k1", "/linkages").status_code == 503
    conflict = post(caller, wish, "k1", "/linkages")
    assert conflict.status_code == 409
    again = post(caller, wish, "k1", "/linkages")
    assert again.headers["Idempotency-Replayed"]
    assert again.mimetype == "application/problem+json"
    assert again.json == conflict.json
    assert len(caller.results("/linkages/history")) == 2


def test_deleting_twice_under_one_key_says_the_same(alice: Tenant, caller: Program) -> None:
    path = f"/qr-codes/{alice.qr_code_id}"
    answers = [caller.ask("DELETE", path, Idempotency_Key="k1") for _ in range(2)]
    assert [each.status_code for each in answers] == [204, 204]
    assert caller.ask("DELETE", path).status_code == 404


@pytest.mark.parametrize("key", ["x" * 256, "a\x7fb"])
def test_a_key_that_is_none_is_refused(caller: Program, body: dict[str, Any], key: str) -> None:
    assert post(caller, body, key).status_code == 400


def test_of_calls_at_once_one_does_the_work(
    world: World, caller: Program, body: dict[str, Any]
) -> None:
    answers: list[int] = []
    start = threading.Barrier(6)

    def call() -> None:
        headers = {"Authorization": f"Bearer {caller.key}", "Idempotency-Key": "k1"}
        client = world.app.test_client()
        start.wait()
        answer = client.post(f"{PREFIX}/qr-codes", json=body, headers=headers)
        answers.append(answer.status_code)

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {201, 409}
    assert 201 in answers
    assert len(caller.results("/qr-codes")) == 2
