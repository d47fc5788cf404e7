"""The builder's form as a tree: what is sent, and what each button does to it."""

import pytest
from werkzeug.datastructures import MultiDict

from plugin.web.segments.tree import Node, apply_action, dotted, fault_at, tree_of, walk

FORM = [
    ("rule.kind", "all"),
    ("rule.0.field", "friend.tag"), ("rule.0.op", "in"),
    ("rule.0.value", "VIP"), ("rule.0.value", "Shop"),
    ("rule.1.kind", "any"),
    ("rule.1.0.field", "friend.status"), ("rule.1.0.op", "in"),
    ("rule.1.1.field", "behaviour.tapped"), ("rule.1.1.days", "30"),
    ("rule.2.field", "linkage.linked"),
]  # fmt: skip


def sent(*pairs: tuple[str, str]) -> Node:
    return tree_of(MultiDict(pairs))


def outline(root: Node) -> list[str]:
    """Every part with its path: `1.0 friend.status`, `1 any`."""
    return [f"{dotted(path)} {node.kind or node.field}".strip() for path, node in walk(root)]


def new(name: str) -> Node | None:
    return Node(field=name) if name.startswith("friend.") else None


def test_names_with_positions_become_groups_and_conditions() -> None:
    root = sent(*FORM)
    assert outline(root) == [
        "all", "0 friend.tag", "1 any", "1.0 friend.status", "1.1 behaviour.tapped",
        "2 linkage.linked",
    ]  # fmt: skip
    assert root.parts[0].values == ["VIP", "Shop"]
    assert root.parts[1].parts[1].days == "30"


def test_ten_parts_keep_the_order_of_their_numbers() -> None:
    root = sent(*((f"rule.{number}.field", f"friend.{number}") for number in range(11)))
    assert [part.field for part in root.parts] == [f"friend.{number}" for number in range(11)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rule.9999.field", "x"), ("rule.0.0.0.0.0.0.0.0.0.0.0.field", "x"), ("rule.0.faults", "x"),
        ("rule.x.field", "x"), ("rule..field", "x"), ("rule.٠.field", "x"), ("rule.kind", "maybe"),
        ("rule.7.3.field", "no group above it"),
    ],
)  # fmt: skip
def test_other_names_are_nothing(name: str, value: str) -> None:
    assert outline(sent((name, value))) == ["all"]


@pytest.mark.parametrize(
    ("action", "focus", "after"),
    [
        ("add:1:friend.tag", "1.2", "1.2 friend.tag"),
        ("add::friend.tag", "3", "3 friend.tag"),
        ("group:", "3", "3 any"),
        ("group:1", "1.2", "1.2 any"),
        ("remove:0", "0", "0 any"),
        ("remove:1", "1", "1 linkage.linked"),
        ("up:2", "1.2", "1.2 linkage.linked"),
        ("down:0", "0.0", "0.0 friend.tag"),
        ("up:1.0", "1", "1 friend.status"),
        ("down:1.1", "2", "2 behaviour.tapped"),
        ("up:1.1", "1.0", "1.0 behaviour.tapped"),
        ("up:1", "0", "0 any"),
    ],
)
def test_each_button_does_what_it_says(action: str, focus: str, after: str) -> None:
    root = sent(*FORM)
    path = apply_action(root, action, new)
    assert path is not None
    assert dotted(path) == focus
    assert after in outline(root)


@pytest.mark.parametrize(
    "action",
    ["", "save", "add:1:odd", "add:0:friend.tag", "add:9:friend.tag", "remove:", "remove:9",
     "remove:" + "9" * 5000, "up:0", "up:", "down:2", "group:0", "look:rule.0.op",
     "add:x:friend.tag"],
)  # fmt: skip
def test_a_button_that_leads_nowhere_changes_nothing(action: str) -> None:
    root, before = sent(*FORM), outline(sent(*FORM))
    apply_action(root, action, new)
    assert outline(root) == before


def test_groups_are_nested_five_deep_and_no_deeper() -> None:
    root, path = Node("all"), ""
    for depth in range(4):
        apply_action(root, f"group:{path}", new)
        path = f"{path}.0" if depth else "0"
    assert outline(root)[-1] == "0.0.0.0 any"
    apply_action(root, f"group:{path}", new)
    assert len(outline(root)) == 5
    apply_action(root, f"add:{path}:friend.tag", new)
    assert outline(root)[-1] == "0.0.0.0.0 friend.tag"


def test_a_move_makes_no_group_too_deep() -> None:
    deep = Node("any", parts=[Node("any", parts=[Node("any", parts=[Node("any")])])])
    root = Node("all", parts=[Node("any"), deep])
    apply_action(root, "up:1", new)
    # The two changed places instead.
    assert outline(root)[-1] == "1 any"


def test_a_hundred_conditions_are_enough() -> None:
    root = Node("all", parts=[Node(field="friend.tag") for _ in range(100)])
    apply_action(root, "add::friend.tag", new)
    assert len(root.parts) == 100


@pytest.mark.parametrize(
    ("path", "field", "control"),
    [
        ("all.0.value", "friend.tag", "value"),
        ("all.0.value.1", "friend.tag", "value"),
        ("all.1.any.1.days", "behaviour.tapped", "value"),
        ("all.1.any.0.op", "friend.status", "op"),
        ("all.2.field", "linkage.linked", "field"),
        ("all.1.any", "", ""),
        ("", "", ""),
    ],
)
def test_a_fault_finds_its_place(path: str, field: str, control: str) -> None:
    node, part = fault_at(sent(*FORM), path)
    assert (node.field, part) == (field, control)
