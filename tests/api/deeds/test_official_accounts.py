"""Official Accounts over the API: connected, checked, archived, connected again."""

import re

import pytest

from plugin.sandbox import account_to_connect
from tests.api.client import Program, program
from tests.support.people import linked
from tests.support.world import Tenant, World

FRIEND = "U" + "b" * 32
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    """Alice's program."""
    return program(world, alice)


@pytest.fixture
def fresh(world: World) -> Program:
    """A program of a portal that has connected nothing yet."""
    return program(world, world.install())


def values(world: World, /, position: int = 0, **changed: str) -> dict[str, str]:
    """What connects one of the sandbox's accounts."""
    return {**account_to_connect(world.sandbox.app, position), **changed}


def test_connecting_an_account(world: World, fresh: Program) -> None:
    answer = fresh.ask("POST", "/official-accounts", values(world))
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert made["basic_id"] == "@sandbox"
    assert made["name"] == "Sandbox Shop"
    assert made["property_suffix"] == ""
    assert made["webhook_url"].startswith(f"{world.url}/line/webhooks/")
    assert made["checks"]["webhook_test"]["ok"] is True
    # To connect asks about what it needs alone.
    assert made["checked_at"] is None
    checked = fresh.ask("POST", f"/official-accounts/{made['id']}/check").json
    assert TIME.fullmatch(checked["checked_at"])
    assert fresh.get(f"/official-accounts/{made['id']}") == checked
    assert fresh.results("/official-accounts") == [checked]


def test_no_answer_tells_a_secret(world: World, fresh: Program) -> None:
    wish = values(world)
    text = fresh.ask("POST", "/official-accounts", wish).text
    text += fresh.ask("GET", "/official-accounts").text
    assert wish["channel_secret"] not in text
    assert wish["login_channel_secret"] not in text


def test_a_second_account_and_the_first_again(world: World, fresh: Program) -> None:
    first = fresh.ask("POST", "/official-accounts", values(world)).json
    second = fresh.ask("POST", "/official-accounts", values(world, 1)).json
    assert second["property_suffix"] == "_2"
    again = fresh.ask("POST", "/official-accounts", values(world, liff_url="")).json
    assert (again["id"], again["liff_url"]) == (first["id"], "")
    assert len(fresh.results("/official-accounts")) == 2


def test_a_wrong_channel_secret_is_named(world: World, fresh: Program) -> None:
    answer = fresh.ask("POST", "/official-accounts", values(world, channel_secret="0" * 32))
    assert answer.status_code == 422
    assert answer.json["errors"].keys() == {"channel_id", "channel_secret"}
    assert fresh.results("/official-accounts") == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"channel_id": "12a"}, "channel_id"),
        ({"channel_secret": "a b"}, "channel_secret"),
        ({"login_channel_secret": ""}, "login_channel_secret"),
        ({"login_channel_id": ""}, "login_channel_id"),
        ({"liff_url": "javascript:alert(1)"}, "liff_url"),
        ({"liff_url": "liff"}, "liff_url"),
        ({"liff_url": "https://evil.example.com/2000000002-AbCdEfGh"}, "liff_url"),
        ({"liff_url": "https://liff.line.me.evil.example.com/2000000002-AbCdEfGh"}, "liff_url"),
        ({"liff_url": "https://liff.line.me@evil.example.com/x"}, "liff_url"),
        ({"liff_url": "https://miniapp.line.me/x/../y?to=https://evil.example.com"}, "liff_url"),
        ({"login_channel_id": "2000000001"}, "login_channel_id"),
        ({"login_channel_id": "12"}, "login_channel_id"),
        ({"channel_secret": "A" * 32}, "channel_secret"),
    ],
)
def test_values_that_cannot_be_right_never_reach_line(
    world: World, fresh: Program, changed: dict[str, str], field: str
) -> None:
    answer = fresh.ask("POST", "/official-accounts", {**values(world), **changed})
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"login_channel_secret": "0" * 32}, {"login_channel_id", "login_channel_secret"}),
        ({"liff_url": "of an app that LINE does not know"}, {"liff_url"}),
    ],
)
def test_what_line_refuses_is_not_connected(
    world: World, fresh: Program, changed: dict[str, str], fields: set[str]
) -> None:
    if "liff_url" in changed:
        changed = {"liff_url": f"{world.sandbox.url}/liff/2000000002-Unknown1"}
    refused = fresh.ask("POST", "/official-accounts", values(world, 0, **changed))
    assert (refused.status_code, set(refused.json["errors"])) == (422, fields)
    assert "LINE says:" in refused.json["detail"]
    assert fresh.results("/official-accounts") == []


def test_line_being_away_connects_nothing(world: World, fresh: Program) -> None:
    world.sandbox.fail("/line-api/", {"status": 500})
    answer = fresh.ask("POST", "/official-accounts", values(world))
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert fresh.results("/official-accounts") == []


def test_checking_says_what_is_wrong(world: World, alice: Tenant, caller: Program) -> None:
    path = f"/official-accounts/{alice.account_id}"
    assert caller.ask("POST", f"{path}/check").json["checks"]["channel"]["ok"] is True
    world.sandbox.fail("/line-api/v2/bot/info", {"status": 500})
    # An outage of LINE says nothing about the channel.
    assert caller.ask("POST", f"{path}/check").json["checks"]["channel"]["ok"] is None
    world.sandbox.control("DELETE", "/faults")
    world.sandbox.control("POST", "/line-channels/2000000001", {"secret": "0" * 32})
    assert caller.ask("POST", f"{path}/check").json["checks"]["channel"]["ok"] is False


@pytest.mark.both_databases
def test_an_archived_account_comes_back_when_connected_again(
    world: World, alice: Tenant, caller: Program
) -> None:
    linked(world, alice)
    path = f"/official-accounts/{alice.account_id}"
    assert caller.ask("DELETE", path).status_code == 204
    assert caller.ask("GET", path).status_code == 404
    assert caller.results("/friends") == caller.results("/linkages") == []
    assert caller.ask("POST", "/official-accounts", values(world)).json["id"] == str(
        alice.account_id
    )
    assert len(caller.results("/linkages")) == 1
