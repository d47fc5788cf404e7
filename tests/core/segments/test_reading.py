"""Rules as they come in: what is read, and what is wrong at which place."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from plugin.core.segments.fields import FIELDS, NEGATIONS, OPERATORS, PROPERTY_TYPES, property_type
from plugin.core.segments.reading import DEEPEST, MOST_CONDITIONS, read_rule
from plugin.core.segments.rule import EVERYBODY, Condition, Group
from plugin.core.segments.values import MOST_IDS

PROPERTIES = {
    "lifecyclestage": "enumeration",
    "age": "number",
    "birthday": "date",
    "city": "text",
    "interests": "multiple",
}
USER = "U" + "0123456789abcdef" * 2
FOLLOWS = {"field": "friend.status", "op": "is", "value": "following"}


def faults(raw: Any) -> dict[str, str]:
    return {fault.path: str(fault.message) for fault in read_rule(raw, PROPERTIES).faults}


def condition(raw: dict[str, Any]) -> Condition:
    rule = read_rule(raw, PROPERTIES).rule
    assert isinstance(rule, Condition), faults(raw)
    return rule


def test_groups_and_conditions_are_read() -> None:
    reading = read_rule(
        {
            "all": [
                FOLLOWS,
                {
                    "none": [
                        {"field": "hubspot.age", "op": "between", "value": [18, "30"]},
                        {"field": "friend.tag", "op": "in", "value": ["vip", " new "]},
                    ]
                },
            ]
        },
        PROPERTIES,
    )
    assert reading.faults == []
    assert isinstance(reading.rule, Group)
    nested = reading.rule.rules[1]
    assert isinstance(nested, Group)
    age, tag = nested.rules
    assert isinstance(age, Condition)
    assert isinstance(tag, Condition)
    assert (age.path, age.values) == ("all.1.none.0", (18.0, 30.0))
    assert tag.values == ("vip", "new")


def test_an_empty_rule_is_everybody_and_an_empty_group_is_a_fault() -> None:
    assert read_rule({"all": []}, {}).rule == EVERYBODY
    assert list(faults({"all": [FOLLOWS, {"any": []}]})) == ["all.1.any"]


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (None, ""),
        ([], ""),
        ({}, "field"),
        ({**FOLLOWS, "vlaue": 1}, ""),
        ("all", ""),
        ({"all": {}}, ""),
        ({"all": [], "any": []}, ""),
        ({"all": [1]}, "all.0"),
        ({"field": ["friend.tag"], "op": "is", "value": "x"}, "field"),
        ({"field": "friend.shoe", "op": "is", "value": "x"}, "field"),
        ({"field": "hubspot.shoe", "op": "is", "value": "x"}, "field"),
        ({"field": "friend.status", "op": "gt", "value": "following"}, "op"),
        ({"field": "friend.status", "op": {}, "value": "following"}, "op"),
        ({"field": "friend.status", "op": "is", "value": "asleep"}, "value"),
        ({"field": "friend.status", "op": "is"}, "value"),
        ({"field": "friend.status", "op": "in", "value": []}, "value"),
        ({"field": "friend.status", "op": "in", "value": ["following", 7]}, "value.1"),
        ({"field": "friend.tag", "op": "is", "value": ["vip"]}, "value"),
        ({"field": "friend.tag", "op": "is", "value": " "}, "value"),
        ({"field": "friend.tag", "op": "known", "value": "vip"}, "value"),
        ({"field": "friend.tag", "op": "is", "value": "x" * 2000}, "value"),
        ({"field": "friend.tag", "op": "is", "value": "vip", "days": 3}, "days"),
        ({"field": "hubspot.age", "op": "gt", "value": "old"}, "value"),
        ({"field": "hubspot.age", "op": "gt", "value": True}, "value"),
        ({"field": "hubspot.age", "op": "gt", "value": 10**400}, "value"),
        ({"field": "hubspot.age", "op": "between", "value": [3]}, "value"),
        ({"field": "hubspot.age", "op": "between", "value": [3, 1]}, "value"),
        ({"field": "hubspot.birthday", "op": "before", "value": "soon"}, "value"),
        ({"field": "hubspot.birthday", "op": "before", "value": "2026-02-30"}, "value"),
        ({"field": "hubspot.birthday", "op": "before", "value": "0001-01-01"}, "value"),
        (
            {"field": "hubspot.birthday", "op": "between", "value": ["2026-02-02", "2026-02-01"]},
            "value",
        ),
        ({"field": "hubspot.birthday", "op": "within_days", "value": 0}, "value"),
        ({"field": "hubspot.birthday", "op": "within_days", "value": 1.5}, "value"),
        ({"field": "hubspot.birthday", "op": "within_days", "value": 10**9}, "value"),
        ({"field": "hubspot.list", "op": "joined_within_days", "value": "7"}, "days"),
        ({"field": "behaviour.tapped", "op": "is", "value": "7", "days": -1}, "days"),
        ({"field": "behaviour.tapped", "op": "is", "value": "a link"}, "value"),
        ({"field": "linkage.linked", "op": "is", "value": "perhaps"}, "value"),
        ({"field": "segment", "op": "is", "value": -1}, "value"),
        ({"field": "contact.id", "op": "in", "value": "no ids at all"}, "value"),
        ({"field": "contact.id", "op": "in", "value": {"a": 1}}, "value"),
        ({"field": "contact.id", "op": "in", "value": [["1"]]}, "value"),
    ],
)
def test_each_fault_has_its_place(raw: Any, path: str) -> None:
    assert list(faults(raw)) == [path]


def test_all_faults_come_at_once() -> None:
    wrong = {"all": [{"field": "x"}, {"any": [{"field": "friend.tag", "op": "?"}, FOLLOWS]}, 7]}
    assert list(faults(wrong)) == ["all.0.field", "all.1.any.0.op", "all.2"]


@pytest.mark.parametrize("depth", [DEEPEST + 1, 50, 5000])
def test_deep_nesting_is_refused(depth: int) -> None:
    rule: dict[str, Any] = FOLLOWS
    for _ in range(depth):
        rule = {"all": [rule]}
    assert len(faults(rule)) == 1
    assert "nested" in next(iter(faults(rule).values()))


def test_the_deepest_nesting_and_the_longest_rule_are_read() -> None:
    rule: dict[str, Any] = FOLLOWS
    for _ in range(DEEPEST):
        rule = {"any": [rule]}
    assert faults(rule) == {}
    assert faults({"all": [FOLLOWS] * MOST_CONDITIONS}) == {}
    assert list(faults({"all": [FOLLOWS] * 100_000})) == [""]


def test_pasted_ids_are_read_and_garbage_is_named() -> None:
    raw = {"field": "contact.id", "op": "in", "value": "1, 2\n3;x 2  <b> 0 -4"}
    reading = read_rule({"all": [raw]}, {})
    assert isinstance(reading.rule, Group)
    read = reading.rule.rules[0]
    assert isinstance(read, Condition)
    assert read.values == (1, 2, 3)
    assert [note.path for note in reading.notes] == ["all.0.value"]
    assert str(reading.notes[0].message) == ("4 of these are no IDs and are ignored: x, <b>, 0, -4")
    ids = condition({"field": "friend.line_user_id", "op": "not_in", "value": [USER, USER]})
    assert ids.values == (USER,)


def test_ten_thousand_pasted_ids_with_garbage_among_them_are_the_most() -> None:
    ids = [str(number) for number in range(1, MOST_IDS + 1)]
    mixed = {"field": "contact.id", "op": "in", "value": "\n".join([*ids, *["garbage\0"] * 50])}
    assert len(condition(mixed).values) == MOST_IDS
    assert list(faults({**mixed, "value": [*ids, "10001"]})) == ["value"]


def test_times_are_days_or_moments() -> None:
    def value(text: str) -> Any:
        return condition({"field": "hubspot.birthday", "op": "after", "value": text}).values[0]

    assert value("2026-12-24") == date(2026, 12, 24)
    assert value("2026-12-24T10:00:00+09:00") == datetime(2026, 12, 24, 1, tzinfo=UTC)
    assert value("2026-12-24T10:00").tzinfo is None


def test_every_type_has_operators_and_negations_have_their_opposite() -> None:
    assert {field.type for field in FIELDS.values()} <= set(OPERATORS)
    assert set(PROPERTY_TYPES) <= set(OPERATORS)
    for operators in OPERATORS.values():
        assert all(NEGATIONS[op] in operators for op in operators if op in NEGATIONS)


def test_types_of_hubspots_properties() -> None:
    def type_(type_: str, field_type: str, *, owner: bool = False) -> str:
        return property_type(type_, field_type, of_owners=owner)

    assert type_("string", "text") == type_("phone_number", "phonenumber") == "text"
    assert type_("enumeration", "checkbox") == "multiple"
    assert type_("enumeration", "select") == "enumeration"
    assert type_("enumeration", "booleancheckbox") == type_("bool", "booleancheckbox") == "boolean"
    assert type_("enumeration", "select", owner=True) == "owner"
    assert [type_(name, "") for name in ("number", "date", "datetime")] == [
        "number",
        "date",
        "datetime",
    ]
