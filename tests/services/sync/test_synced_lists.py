"""Memberships of synced lists: joined, left, processing, deleted, restored."""

from typing import Any

import pytest

from plugin.services.sync.synced_choice import remove
from tests.services.sync.kept import keep, list_of, look, make_list, members_of, values_of
from tests.support.crowd import gather
from tests.support.people import linked
from tests.support.portal import Portal
from tests.support.world import ALICE, BOB, CHARLIE, Tenant, World

pytestmark = pytest.mark.both_databases


def change(world: World, list_id: str, **body: Any) -> None:
    world.sandbox.control("PATCH", f"/lists/{list_id}", body)


def test_linked_members_are_kept_and_follow_the_list(world: World, alice: Tenant) -> None:
    _, row = linked(world, alice)
    _, other = linked(world, alice, BOB, "U" + "b" * 32)
    shop = make_list(world, ALICE, CHARLIE)
    keep(world, alice, lists=(shop,))
    assert members_of(world, shop) == {row: True}
    change(world, shop, add=[BOB])
    look(world)
    assert members_of(world, shop) == {row: True, other: True}
    change(world, shop, remove=[ALICE])
    look(world)
    assert members_of(world, shop) == {row: False, other: True}
    change(world, shop, add=[ALICE], remove=[BOB])
    look(world)
    assert members_of(world, shop) == {row: True, other: False}
    kept = list_of(world, shop)
    assert (kept.members, kept.size, kept.state) == (1, 2, "fine")


def test_a_new_linkage_gets_its_lists(world: World, alice: Tenant) -> None:
    shop = make_list(world, ALICE, BOB)
    keep(world, alice, lists=(shop,))
    _, row = linked(world, alice)
    world.work()
    assert members_of(world, shop) == {row: True}
    with world.app.app_context():
        remove(alice.installation_id, lists=[shop])
    assert members_of(world, shop) == {}


def test_a_list_that_hubspot_fills_anew_ends_nobodys_membership(
    world: World, alice: Tenant
) -> None:
    _, row = linked(world, alice)
    shop = make_list(world, ALICE)
    keep(world, alice, lists=(shop,))
    change(world, shop, processing_status="PROCESSING", remove=[ALICE])
    look(world)
    assert members_of(world, shop) == {row: True}
    change(world, shop, processing_status="COMPLETE", add=[ALICE])
    look(world)
    assert members_of(world, shop) == {row: True}
    change(world, shop, remove=[ALICE])
    look(world)
    assert members_of(world, shop) == {row: False}


def test_a_page_that_comes_back_empty_by_fault_ends_nobodys(world: World, alice: Tenant) -> None:
    _, row = linked(world, alice)
    shop = make_list(world, ALICE)
    keep(world, alice, lists=(shop,))
    empty = {"status": 200, "body": {"results": [], "total": 0}}
    world.sandbox.fail(r"memberships/join-order", empty)
    look(world)
    assert members_of(world, shop) == {row: True}


def test_a_deleted_list_is_said_with_hubspots_words(world: World, alice: Tenant) -> None:
    _, row = linked(world, alice)
    shop = make_list(world, ALICE)
    other = make_list(world, ALICE)
    keep(world, alice, lists=(shop, other))
    world.sandbox.control("DELETE", f"/lists/{shop}", {})
    change(world, other, remove=[ALICE])
    look(world)
    gone = list_of(world, shop)
    assert (gone.state, gone.error) == ("missing", f"List does not exist with ID {shop}.")
    # What was known stays, and the other list goes on.
    assert (members_of(world, shop), members_of(world, other)) == ({row: True}, {row: False})
    world.sandbox.control("POST", f"/lists/{shop}/restore", {})
    look(world)
    assert (list_of(world, shop).state, list_of(world, shop).error) == ("fine", "")


def test_a_merge_takes_the_lists_along(world: World, alice: Tenant) -> None:
    portal = Portal(world, alice)
    linked(world, alice, BOB)
    shop = make_list(world, BOB)
    keep(world, alice, "phone", lists=(shop,))
    target = portal.merge(ALICE, BOB)
    portal.until(lambda: list(portal.tied()) == [target])
    world.work()
    with world.app.app_context():
        row = portal.contact(target).id
    assert members_of(world, shop) == {row: True}


def calls(world: World) -> int:
    found = world.sandbox.control("GET", "/calls")["calls"]
    world.sandbox.control("DELETE", "/calls")
    return sum(
        one["count"]
        for name, one in found.items()
        if name.endswith(("contacts/batch/read", "join-order", "memberships/batch/read"))
    )


@pytest.mark.slow
def test_a_thousand_contacts_cost_the_fewest_calls(world: World, alice: Tenant) -> None:
    people = gather(world, alice, 1_000)
    world.work()
    shop = make_list(world, *map(int, people.contact_ids))
    calls(world)
    keep(world, alice, "email", "phone", lists=(shop,))
    # Ten reads, four pages, and the look at what may be chosen.
    assert calls(world) == 10 + 4 + 1
    assert len(members_of(world, shop)) == 1_000
    look(world)
    assert calls(world) == 1


@pytest.mark.parametrize("privacy", [True, False])
def test_whoever_is_gone_leaves_nothing(world: World, alice: Tenant, privacy: bool) -> None:
    portal = Portal(world, alice)
    portal.write(ALICE, phone="090")
    _, row = linked(world, alice)
    shop = make_list(world, ALICE)
    keep(world, alice, "phone", lists=(shop,))
    assert (values_of(world, row), members_of(world, shop)) == ({"phone": "090"}, {row: True})
    (portal.forget if privacy else portal.delete)(ALICE)
    portal.until(lambda: not portal.tied())
    world.work()
    assert (values_of(world, row), members_of(world, shop)) == (None, {})
    if not privacy:
        portal.restore(ALICE)
        portal.until(portal.tied)
        world.work()
        assert values_of(world, row) == {"phone": "090"}
