"""What came of a broadcast, and why somebody is not linked or not reached, for programs."""

import pytest

from tests.api.client import Program, program
from tests.services.broadcasts.planned import draft
from tests.support.crowd import gather
from tests.support.people import linked
from tests.support.world import Tenant, World


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    return program(world, alice)


def test_the_results_of_a_broadcast_add_up(world: World, alice: Tenant, caller: Program) -> None:
    gather(world, alice, 4)
    number = draft(world, alice)
    assert caller.ask("POST", f"/broadcasts/{number}/start").status_code == 200
    world.work()
    results = caller.get(f"/broadcasts/{number}/results")
    assert results["total"] == sum(each["people"] for each in results["sums"]) == 4
    assert [group["people"] for group in results["variants"]] == [4]
    assert (results["held_out"], results["lift"], results["links"]) == (None, None, [])
    assert caller.ask("GET", "/broadcasts/999/results").status_code == 404


def test_a_friend_is_explained(world: World, alice: Tenant, caller: Program) -> None:
    friend_id, _ = linked(world, alice, status="blocked")
    why = caller.get(f"/friends/{friend_id}/why")
    assert why["not_linked"] is None
    assert why["not_reached"]
    failing = [step["text"] for step in why["reached"] if step["state"] == "failing"]
    assert failing[0] == why["not_reached"]
    assert {step["state"] for step in why["linked"]} <= {"ok", "unknown"}
    assert caller.ask("GET", "/friends/999/why").status_code == 404
