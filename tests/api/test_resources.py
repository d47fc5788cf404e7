"""What each resource does, against the platforms' stand-ins."""

import re
from typing import Any

import pytest

from plugin.core.clock import utcnow
from plugin.models import Contact, Friend, Installation, Job, db
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services.connections.account_values import InvalidValues
from plugin.services.connections.official_account import ChannelValues, connect_account
from plugin.services.imports.manage import Plan, Unfit, create_import
from plugin.services.linkage.manual import UnknownId, link_manually
from plugin.services.personal_links.bulk import BulkIssueRequest, begin_preparation
from plugin.services.personal_links.tokens import token_row
from tests.api.client import Program, program
from tests.support.people import line_user, linked
from tests.support.world import ALICE, BOB, Tenant, World

FRIEND = "U" + "b" * 32
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    """Alice's program."""
    return program(world, alice)


def test_the_service_refuses_whichever_door_asks(world: World, alice: Tenant) -> None:
    """No door may let in what another would not."""
    values_now = ChannelValues("2000000001", "0" * 32, liff_url="https://evil.example.com/x")
    with world.app.app_context():
        installation, account = world.account(alice).installation, world.account(alice)
        world.sandbox.control("DELETE", "/calls")
        with pytest.raises(InvalidValues, match="liff_url: no_liff_url"):
            connect_account(world.deps, installation, values_now)
        with pytest.raises(Unfit, match="digits only"):
            create_import(world.deps, account, Plan("1/memberships", "", 0))
        with pytest.raises(Unfit, match="between 0"):
            create_import(world.deps, account, Plan("1", "", -1))
        with pytest.raises(UnknownId, match="LINE user ID"):
            link_manually(world.deps, account, ALICE, "erased:1", "test")
        with pytest.raises(ValueError, match="1 to 365"):
            begin_preparation(world.deps, world.code(alice), BulkIssueRequest("1", 0), "test")
        with pytest.raises(ValueError, match="1 to 365"):
            token_row(world.code(alice), Contact(), 366, utcnow())
    assert world.sandbox.control("GET", "/calls")["calls"] == {}


def test_making_a_qr_code_and_fetching_its_pictures(
    world: World, alice: Tenant, caller: Program
) -> None:
    wish = {"official_account": str(alice.account_id), "name": " 店頭 ", "linkage_type": "hubspot"}
    answer = caller.ask("POST", "/qr-codes", wish)
    assert answer.status_code == 201
    made = answer.json
    assert (made["name"], made["official_account"]) == ("店頭", str(alice.account_id))
    assert made["linkage_url"] == f"{world.url}/l/{made['slug']}"
    png, svg = (picture(world, caller, made[kind]) for kind in ("png_url", "svg_url"))
    assert png.startswith(b"\x89PNG")
    assert b"<svg" in svg
    assert len(picture(world, caller, f"{made['png_url']}?scale=30")) > len(png)


def picture(world: World, caller: Program, url: str) -> bytes:
    """A picture, by the address that the API gave and with the program's key."""
    assert url.startswith(f"{world.url}/api/v1")
    answer = caller.ask("GET", url.removeprefix(f"{world.url}/api/v1"))
    assert (answer.status_code, answer.mimetype.split("/")[0]) == (200, "image")
    return answer.data


def test_an_archived_qr_code_is_gone(alice: Tenant, caller: Program) -> None:
    path = f"/qr-codes/{alice.qr_code_id}"
    assert caller.ask("DELETE", path).status_code == 204
    for method, gone in (("GET", path), ("GET", f"{path}/png"), ("DELETE", path)):
        assert caller.ask(method, gone).status_code == 404


def test_a_friend_shows_the_contact(world: World, alice: Tenant, caller: Program) -> None:
    caller.ask("POST", "/linkages", wish_for(alice, line_user("charlie")))
    friend = caller.results("/friends?linked=true")[0]
    assert friend["linkage"]["contact_id"] == str(ALICE)
    assert friend["linkage"]["email"] == "alice@example.com"
    assert (friend["linkage"]["firstname"], friend["linkage"]["lastname"]) == ("Alice", "Example")
    assert friend["linkage"]["method"] == "manual"
    assert TIME.fullmatch(friend["linkage"]["linked_at"])
    with world.app.app_context():
        portal = db.session.get_one(Installation, alice.installation_id)
        assert friend["linkage"]["record_url"] == portal.record_url("http", ALICE)
    assert caller.get(f"/friends/{friend['id']}") == friend


def wish_for(alice: Tenant, user_id: str = FRIEND, contact_id: int = ALICE) -> dict[str, Any]:
    """A linkage to make."""
    account = str(alice.account_id)
    return {"official_account": account, "contact_id": str(contact_id), "line_user_id": user_id}


def test_linking_by_hand_reaches_hubspot(world: World, alice: Tenant, caller: Program) -> None:
    user_id = line_user("charlie")
    answer = caller.ask("POST", "/linkages", wish_for(alice, user_id))
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert made["line_user_id"] == user_id
    assert caller.get(f"/linkages/{made['id']}") == made
    world.work()
    assert world.sandbox.contact(ALICE)["line_user_id"] == user_id
    history = caller.results("/linkages/history")
    assert (history[0]["deed"], history[0]["method"]) == ("linked", "manual")
    assert history[0]["actor"] == f"API key {caller.key[:12]}"


def test_a_stranger_whom_line_knows_gets_a_name(
    world: World, alice: Tenant, caller: Program
) -> None:
    user_id = line_user("charlie")
    with world.app.app_context():
        assert Friend.of_account(alice.account_id, user_id) is None
    caller.ask("POST", "/linkages", wish_for(alice, user_id))
    assert caller.results("/friends")[0]["display_name"] == "Charlie"


@pytest.mark.both_databases
def test_linking_the_same_two_again_changes_nothing(
    world: World, alice: Tenant, caller: Program
) -> None:
    linked(world, alice, ALICE, FRIEND)
    answer = caller.ask("POST", "/linkages", wish_for(alice))
    assert answer.status_code == 200
    assert caller.results("/linkages") == [answer.json]
    assert len(caller.results("/linkages/history")) == 1


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("contact_id", "user_id", "code"),
    [(BOB, FRIEND, "friend_taken"), (ALICE, "U" + "c" * 32, "contact_taken")],
)
def test_a_tie_is_never_moved(
    world: World, alice: Tenant, caller: Program, contact_id: int, user_id: str, code: str
) -> None:
    linked(world, alice, ALICE, FRIEND)
    linked(world, alice, ALICE + 2, "U" + "c" * 32)
    caller.ask("DELETE", f"/linkages/{caller.results('/linkages')[1]['id']}")
    before = caller.results("/linkages")
    answer = caller.ask("POST", "/linkages", wish_for(alice, user_id, contact_id))
    assert (answer.status_code, answer.json["code"]) == (409, code)
    assert answer.json["conflict"]["linkage"] == before[0]
    conflict = caller.results("/conflicts")[0]
    assert answer.json["conflict"]["id"] == conflict["id"]
    assert (conflict["contact_id"], conflict["line_user_id"]) == (str(contact_id), user_id)
    assert caller.results("/linkages") == before
    newest = caller.results("/linkages/history")[0]
    assert newest["deed"] == "conflict"
    assert newest["before"]["contact_id"] == str(ALICE)


def test_a_contact_that_does_not_exist_is_named(
    world: World, alice: Tenant, caller: Program
) -> None:
    linked(world, alice, BOB, FRIEND)
    answer = caller.ask("POST", "/linkages", wish_for(alice, FRIEND, 999))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["contact_id"])


def test_a_line_user_whom_nobody_knows_is_named(alice: Tenant, caller: Program) -> None:
    answer = caller.ask("POST", "/linkages", wish_for(alice))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["line_user_id"])
    assert caller.results("/friends") == caller.results("/linkages/history") == []


@pytest.mark.parametrize("user_id", ["", "x", "u" + "b" * 32, "U" + "B" * 32, "U/../" + "b" * 28])
def test_what_is_no_line_user_id_is_refused(alice: Tenant, caller: Program, user_id: str) -> None:
    answer = caller.ask("POST", "/linkages", wish_for(alice, user_id))
    assert list(answer.json["errors"]) == ["line_user_id"]


@pytest.mark.both_databases
def test_unlinking_clears_hubspot_and_keeps_the_history(
    world: World, alice: Tenant, caller: Program
) -> None:
    user_id = line_user("charlie")
    made = caller.ask("POST", "/linkages", wish_for(alice, user_id)).json
    world.work()
    assert caller.ask("DELETE", f"/linkages/{made['id']}").status_code == 204
    assert caller.ask("DELETE", f"/linkages/{made['id']}").status_code == 404
    world.work()
    assert not world.sandbox.contact(ALICE).get("line_user_id")
    assert [one["deed"] for one in caller.results("/linkages/history")] == ["unlinked", "linked"]
    assert caller.results("/friends")[0]["linkage"] is None


@pytest.fixture
def parked(world: World, alice: Tenant) -> str:
    """The id of a job that was given up."""
    with world.app.app_context():
        with transaction():
            enqueue("read_profiles", alice.account_id, alice.installation_id)
        job = db.session.query(Job).filter_by(kind="read_profiles").one()
        with transaction():
            job.failed, job.last_error, job.attempts = True, "LINE answered 500", 40
        return str(job.id)


@pytest.mark.both_databases
def test_parked_jobs_are_listed_run_again_or_thrown_away(
    world: World, alice: Tenant, caller: Program, parked: str
) -> None:
    assert caller.results("/jobs") == [
        {"id": parked, "kind": "read_profiles", "key": str(alice.account_id),
         "last_error": "LINE answered 500", "attempts": 40}
    ]  # fmt: skip
    assert world.work() == 0
    assert caller.ask("POST", f"/jobs/{parked}/run").status_code == 204
    assert caller.results("/jobs") == []
    assert caller.ask("POST", f"/jobs/{parked}/run").status_code == 404
    assert world.work() > 0


@pytest.mark.both_databases
def test_a_job_that_is_thrown_away_is_owed_no_more(
    world: World, caller: Program, parked: str
) -> None:
    assert caller.ask("DELETE", f"/jobs/{parked}").status_code == 204
    assert caller.ask("DELETE", f"/jobs/{parked}").status_code == 404
    with world.app.app_context():
        assert db.session.get(Job, int(parked)) is None
