"""Tags over the API: of one friend, of many, and lists of friends in HubSpot."""

from typing import Any

import pytest

from plugin.services.friends.tag_counts import fold_tags
from tests.api.client import Program, program
from tests.support.people import linked
from tests.support.world import ALICE, BOB, Tenant, World


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    return program(world, alice)


@pytest.fixture
def friends(world: World, alice: Tenant) -> list[str]:
    """Two linked friends."""
    pairs = ((ALICE, "U" + "a" * 32), (BOB, "U" + "b" * 32))
    return [str(linked(world, alice, *pair)[0]) for pair in pairs]


@pytest.mark.both_databases
def test_tags_of_one_friend(world: World, caller: Program, friends: list[str]) -> None:
    path = f"/friends/{friends[0]}"
    changed = caller.ask("POST", f"{path}/tags", {"add": ["VIP", "new, shop"]})
    assert (changed.status_code, changed.json["tags"]) == (200, ["VIP", "new", "shop"])
    changed = caller.ask("POST", f"{path}/tags", {"add": ["late"], "remove": ["new", "never"]})
    assert changed.json["tags"] == ["VIP", "shop", "late"]
    assert caller.get(path)["tags"] == ["VIP", "shop", "late"]
    with world.app.app_context():
        fold_tags()
    assert {row["name"]: row["friends"] for row in caller.results("/tags")} == {
        "VIP": 1, "new": 0, "shop": 1, "late": 1,
    }  # fmt: skip
    assert [row["name"] for row in caller.results("/tags?q=vi")] == ["VIP"]


def test_a_hundred_tags_are_enough(caller: Program, friends: list[str]) -> None:
    path = f"/friends/{friends[0]}/tags"
    for first in range(0, 100, 20):
        names = [f"t{number}" for number in range(first, first + 20)]
        assert caller.ask("POST", path, {"add": names}).status_code == 200
    refused = caller.ask("POST", path, {"add": ["more"]})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["add"])


@pytest.mark.parametrize(
    "body", [{}, {"add": []}, {"add": ["{{ x }}"]}, {"add": ["x" * 51]}, {"add": "VIP"}]
)
def test_what_is_no_change(caller: Program, friends: list[str], body: Any) -> None:
    refused = caller.ask("POST", f"/friends/{friends[0]}/tags", body)
    assert (refused.status_code, refused.json["code"]) == (422, "invalid")


@pytest.mark.both_databases
def test_many_are_tagged_by_a_filter(
    world: World, alice: Tenant, caller: Program, friends: list[str]
) -> None:
    made = caller.ask("POST", "/tags/taggings", {"tags": ["VIP"], "friends": {"linked": True}})
    assert (made.status_code, made.json["size"]) == (201, 2)
    world.work()
    ended = caller.get(f"/tags/taggings/{made.json['id']}")
    assert (ended["state"], ended["changed"]) == ("finished", 2)
    assert len(caller.results("/friends?tag=VIP")) == 2
    body = {"tags": ["VIP"], "friends": {"ids": friends[:1]}, "removes": True}
    taken = caller.ask("POST", "/tags/taggings", body).json
    assert [row["id"] for row in caller.results("/tags/taggings")] == [taken["id"], made.json["id"]]
    assert [row["id"] for row in caller.results("/friends?tag=VIP")] == [friends[1]]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ({}, 422),
        ({"segment": "99"}, 404),
        ({"official_account": "99"}, 404),
        ({"ids": []}, 422),
        ({"status": "odd"}, 422),
        ({"more": 1}, 422),
    ],
)
def test_nobody_is_tagged_by_a_slip(
    caller: Program, friends: list[str], who: dict[str, Any], status: int
) -> None:
    refused = caller.ask("POST", "/tags/taggings", {"tags": ["VIP"], "friends": who})
    assert refused.status_code == status
    assert caller.results("/tags/taggings") == []


def test_a_list_in_hubspot_of_those_who_fit(
    world: World, caller: Program, friends: list[str]
) -> None:
    body = {"name": "Linked", "friends": {"ids": friends[:1]}}
    made = caller.ask("POST", "/list-exports", body)
    assert made.status_code == 201, made.text
    world.work()
    ended = caller.get(f"/list-exports/{made.json['id']}")
    assert (ended["state"], ended["added"]) == ("finished", 1), ended
    refused = caller.ask("POST", "/list-exports", {"name": "x"})
    assert refused.status_code == 422
