"""The builder's pages: what is sent, saved, refused, and seen by whom."""

from typing import Any

import pytest

from tests.support.people import linked
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.pages import marks
from tests.web.segments.form import LINKED, LINKED_RULE, build, saved, send

A, B = "U" + "a" * 32, "U" + "b" * 32
TAGGED = {"rule.1.field": "friend.tag", "rule.1.op": "in"}


def test_where_values_are_ticked_nobody_is_asked_to_write_one(world: World, alice: Tenant) -> None:
    page = build(world, alice, **LINKED, **TAGGED)
    assert "Choose at least one." in page.text
    assert "Write a value." not in page.text


@pytest.mark.both_databases
def test_a_saved_segment_has_a_page_that_says_what_it_means(world: World, alice: Tenant) -> None:
    page = build(world, alice)
    assert saved(world) == [("Linked", 1, LINKED_RULE)]
    assert "Friends who are linked with a contact" in page.text
    shelf = alice.walker.go(f"{world.url}/segments")
    assert "Linked" in shelf.text
    assert "segment-row" in marks(alice.walker.go(f"{world.url}/segments?q=linke"))
    assert "nothing-fits" in marks(alice.walker.go(f"{world.url}/segments?q=other"))


def test_every_kind_of_value_comes_back_as_it_was_saved(world: World, alice: Tenant) -> None:
    fields: dict[str, Any] = {
        "rule.kind": "any",
        "rule.0.field": "friend.tag", "rule.0.op": "in", "rule.0.value": ["VIP", "New"],
        "rule.1.field": "friend.followed_at", "rule.1.op": "between",
        "rule.1.value": "2026-01-01", "rule.1.until": "2026-02-01",
        "rule.2.field": "behaviour.tapped", "rule.2.op": "within_days", "rule.2.value": "30",
        "rule.3.kind": "none",
        "rule.3.0.field": "behaviour.answered", "rule.3.0.op": "in",
        "rule.3.0.value": "Yes", "rule.3.0.days": "7",
        "rule.4.field": "friend.line_user_id", "rule.4.op": "in",
        "rule.4.value": f"{A}\r\n{B}, odd",
        "rule.5.field": "behaviour.received", "rule.5.op": "known",
    }  # fmt: skip
    rule = {
        "any": [
            {"field": "friend.tag", "op": "in", "value": ["VIP", "New"]},
            {"field": "friend.followed_at", "op": "between", "value": ["2026-01-01", "2026-02-01"]},
            {"field": "behaviour.tapped", "op": "within_days", "value": 30},
            {"none": [{"field": "behaviour.answered", "op": "in", "value": ["Yes"], "days": 7}]},
            {"field": "friend.line_user_id", "op": "in", "value": [A, B, "odd"]},
            {"field": "behaviour.received", "op": "known"},
        ]
    }
    page = build(world, alice, **fields)
    assert saved(world) == [("Linked", 1, rule)]
    # Opened and saved again as it stands, it is the same version.
    page = alice.walker.go(page.url + "/edit")
    assert f">\n{A}\n{B}\nodd</textarea>" in page.html
    page = send(alice, page, page.url.removeprefix(world.url), name="Linked", **fields)
    assert saved(world) == [("Linked", 1, rule)]


@pytest.mark.both_databases
def test_saving_makes_a_version_only_where_the_rule_changed(world: World, alice: Tenant) -> None:
    page = build(world, alice)
    path = page.url.removeprefix(world.url) + "/edit"
    send(alice, alice.walker.go(world.url + path), path, name="With a contact", **LINKED)
    assert [row[:2] for row in saved(world)] == [("With a contact", 1)]
    unlinked = {**LINKED, "rule.0.value": "false"}
    page = send(alice, alice.walker.go(world.url + path), path, name="Without", **unlinked)
    assert "Saved as version 2" in page.text
    assert "Friends who are not linked" in page.text
    # The former one is looked at, and saved as the newest.
    old = alice.walker.go(f"{world.url}{path}?version=1")
    assert "old-version" in marks(old)
    send(alice, old, path, name="Without", **LINKED)
    assert saved(world)[0][1:] == (3, LINKED_RULE)
    assert alice.walker.go(f"{world.url}{path}?version=9").status == 404


def test_the_small_buttons_change_the_form_and_save_nothing(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/segments/new")
    page = send(alice, page, "/segments/new", "add::friend.tag", name="Mine", **LINKED)
    assert marks(page).count("condition") == 2
    assert 'name="rule.1.field" value="friend.tag"' in page.html
    page = send(alice, page, "/segments/new", "group:", name="Mine", **LINKED, **TAGGED)
    assert 'name="rule.2.kind"' in page.html
    page = send(alice, page, "/segments/new", "remove:0", name="Mine", **LINKED, **TAGGED)
    assert marks(page).count("condition") == 1
    assert 'value="Mine"' in page.html
    # Without a script the page itself counts.
    assert {"count", "unfinished"} & set(marks(page))
    assert saved(world) == []


def test_what_is_missing_is_said_at_its_place_and_all_typed_stands(
    world: World, alice: Tenant
) -> None:
    fields = {**LINKED, **TAGGED, "rule.2.field": "friend.followed_at", "rule.2.op": "within_days",
              "rule.2.value": "many"}  # fmt: skip
    page = alice.walker.go(f"{world.url}/segments/new")
    page = send(alice, page, "/segments/new", name="", **fields)
    assert page.status == 422
    assert {"problems", "name-fault", "fault"} <= set(marks(page))
    assert marks(page).count("fault") == 2
    assert "Give the segment a name." in page.text
    assert 'value="many"' in page.html
    page = send(alice, page, "/segments/new", name="People", **fields)
    assert "name-fault" not in marks(page)
    assert 'value="People"' in page.html
    assert saved(world) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rule.0.field": "hubspot.gone", "rule.0.op": "is", "rule.0.value": "x"}, "gone"),
        ({"rule.0.field": "friend.height", "rule.0.op": "is"}, "friend.height"),
        ({"rule.0.field": "friend.tag", "rule.0.op": "burns"}, "friend.tag"),
        ({"rule.0.field": "segment", "rule.0.op": "in", "rule.0.value": "999"}, "segment is gone"),
        ({"rule.0.field": "hubspot.list", "rule.0.op": "in", "rule.0.value": "7"}, "Sync"),
        ({"rule.0.kind": "any"}, "Add a condition, or remove this group."),
        ({"rule.0.field": "friend.line_user_id", "rule.0.op": "in", "rule.0.value": "a b"}, "ID"),
    ],
)
def test_a_condition_that_cannot_be_is_refused(
    world: World, alice: Tenant, fields: dict[str, str], said: str
) -> None:
    page = alice.walker.go(f"{world.url}/segments/new")
    page = send(alice, page, "/segments/new", name="Odd", **fields)
    assert page.status == 422
    assert said in page.text
    assert saved(world) == []


def test_ten_thousand_pasted_ids_with_garbage_among_them(world: World, alice: Tenant) -> None:
    ids = [f"U{number:032x}" for number in range(9_990)] + ["none"] * 10
    fields = {
        "rule.0.field": "friend.line_user_id",
        "rule.0.op": "in",
        "rule.0.value": "\n".join(ids),
    }
    page = build(world, alice, **fields)
    assert page.status == 200
    assert len(saved(world)[0][2]["all"][0]["value"]) == 10_000
    too_many = fields | {"rule.0.value": "\n".join(f"U{number:032x}" for number in range(10_001))}
    page = send(
        alice, alice.walker.go(f"{world.url}/segments/new"), "/segments/new", name="x", **too_many
    )
    assert page.status == 422
    assert "10,000" in page.text or "10000" in page.text


def test_the_parts_that_a_script_asks_for_are_no_pages(world: World, alice: Tenant) -> None:
    linked(world, alice, ALICE, A)
    linked(world, alice, BOB, B, "blocked")
    page = alice.walker.go(f"{world.url}/segments/new")
    part = send(alice, page, "/segments/rule", "add::friend.tag", **LINKED)
    assert marks(part).count("condition") == 2
    assert "<html" not in part.html
    part = send(alice, page, "/segments/preview", **LINKED)
    assert {"count", "reach", "sample"} <= set(marks(part))
    assert "<html" not in part.html
    part = send(alice, page, "/segments/preview", **LINKED, **TAGGED)
    assert "unfinished" in marks(part)
    assert "Tag" in part.text


@pytest.mark.both_databases
def test_a_second_tab_overwrites_no_segment(world: World, alice: Tenant) -> None:
    path = build(world, alice).url.removeprefix(world.url) + "/edit"
    first, second = (alice.walker.go(world.url + path) for _ in range(2))
    unlinked = {**LINKED, "rule.0.value": "false"}
    assert send(alice, first, path, name="Linked", **unlinked).status == 200
    page = send(alice, second, path, name="Tagged", **LINKED, **{**TAGGED, "rule.1.value": "VIP"})
    assert page.status == 409
    assert "changed-meanwhile" in marks(page)
    assert "Rule is now: Friends who are not linked" in page.text
    assert saved(world)[0][:2] == ("Linked", 2)
    # What was typed stands, and is saved by whoever has seen the difference.
    assert 'value="Tagged"' in page.html
    assert marks(page).count("condition") == 2
    assert send(alice, page, path, name="Tagged", **LINKED).status == 200
    assert saved(world)[0] == ("Tagged", 3, LINKED_RULE)


def test_a_rule_of_the_largest_size_is_drawn_and_counted(world: World, alice: Tenant) -> None:
    fields: dict[str, Any] = {"rule.kind": "any"}
    for number in range(100):
        fields |= {
            f"rule.{number}.field": "friend.tag",
            f"rule.{number}.op": "in",
            f"rule.{number}.value": f"Tag {number}",
        }
    page = build(world, alice, "Large", **fields)
    assert page.status == 200
    page = alice.walker.go(f"{page.url}/edit")
    part = send(alice, page, "/segments/rule", "add::friend.tag", **fields)
    assert marks(part).count("condition") == 100
    assert "A segment has 100 conditions at most." in part.text
    assert "count" in marks(send(alice, page, "/segments/preview", **fields))
