"""Segments over the API besides their rules: versions, copies, put away and taken back."""

import pytest

from tests.api.client import Program, program
from tests.support.world import Tenant, World

RULE = {"field": "friend.status", "op": "is", "value": "following"}
OTHER = {"field": "linkage.linked", "op": "is", "value": True}


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    return program(world, alice)


@pytest.fixture
def path(alice: Tenant, caller: Program) -> str:
    """A segment with two versions."""
    body = {"official_account": str(alice.account_id), "name": "Friends", "rule": RULE}
    path = f"/segments/{caller.ask('POST', '/segments', body).json['id']}"
    assert caller.ask("PUT", path, {"rule": OTHER}).json["version"] == 2
    return path


@pytest.mark.both_databases
def test_a_former_rule_comes_back_as_a_new_version(caller: Program, path: str) -> None:
    found = caller.results(f"{path}/versions")
    assert [(row["number"], row["rule"]) for row in found] == [(2, OTHER), (1, RULE)]
    first = caller.get(f"{path}/versions?limit=1")
    assert [row["number"] for row in first["results"]] == [2]
    rest = caller.get(f"{path}/versions?limit=1&after={first['after']}")
    assert ([row["number"] for row in rest["results"]], rest["after"]) == ([1], None)
    restored = caller.ask("POST", f"{path}/versions/1/restore").json
    assert (restored["version"], restored["rule"]) == (3, RULE)
    for odd in ("9", "x", "99999999999"):
        assert caller.ask("POST", f"{path}/versions/{odd}/restore").status_code == 404


def test_a_copy_is_a_segment_of_its_own(caller: Program, path: str) -> None:
    copy = caller.ask("POST", f"{path}/duplicate")
    assert (copy.status_code, copy.json["name"], copy.json["rule"]) == (
        201, "Copy of Friends", OTHER,
    )  # fmt: skip
    assert caller.ask("POST", f"{path}/duplicate", {"name": "Mine"}).json["name"] == "Mine"
    # A rule that names what is gone is not copied.
    body = {"rule": {"field": "segment", "op": "is", "value": int(copy.json["id"])}}
    assert caller.ask("PUT", path, body).status_code == 200
    assert caller.ask("DELETE", f"/segments/{copy.json['id']}").status_code == 204
    refused = caller.ask("POST", f"{path}/duplicate")
    assert (refused.status_code, refused.json["code"]) == (422, "invalid")


def test_a_segment_is_put_away_and_taken_back(caller: Program, path: str) -> None:
    assert caller.ask("POST", f"{path}/restore").status_code == 404
    assert caller.ask("DELETE", path).status_code == 204
    names = [row["name"] for row in caller.results("/segments?archived=true")]
    assert names == ["Friends"]
    assert caller.ask("POST", f"{path}/restore").json["name"] == "Friends"
    assert caller.get(path)["version"] == 2
