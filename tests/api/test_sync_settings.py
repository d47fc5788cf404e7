"""Programs choose what is kept of HubSpot's contacts."""

from typing import Any

import pytest

from tests.api.client import Program, program
from tests.services.sync.kept import make_list, members_of, values_of
from tests.support.people import linked
from tests.support.portal import Portal
from tests.support.world import ALICE, Tenant, World


@pytest.fixture
def hers(world: World, alice: Tenant) -> Program:
    return program(world, alice)


def put(hers: Program, properties: Any, lists: Any = ()) -> Any:
    return hers.ask("PUT", "/sync-settings", {"properties": properties, "lists": list(lists)})


def test_what_is_put_is_kept_and_nothing_else(world: World, alice: Tenant, hers: Program) -> None:
    Portal(world, alice).write(ALICE, phone="090", city="Kyoto")
    _, row = linked(world, alice)
    shop = make_list(world, ALICE)
    assert hers.get("/sync-settings")["properties"] == []
    answer = put(hers, ["phone", "city"], [shop])
    assert answer.status_code == 200, answer.text
    assert (answer.json["properties"], answer.json["lists"]) == (["city", "phone"], [shop])
    world.work()
    kept = hers.get("/sync-settings")
    assert [(each["name"], each["known"], each["state"]) for each in kept["kept_properties"]] == [
        ("city", 1, "fine"),
        ("phone", 1, "fine"),
    ]
    assert (kept["kept_lists"][0]["members"], kept["error"]) == (1, "")
    assert kept["looked_at"]
    answer = put(hers, ["city"])
    assert (answer.json["properties"], answer.json["lists"]) == (["city"], [])
    world.work()
    assert (values_of(world, row), members_of(world, shop)) == ({"city": "Kyoto"}, {})


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"properties": ["no_such"], "lists": []}, "properties", "no contact property “no_such”"),
        ({"properties": ["a'b\"c"], "lists": []}, "properties", "no contact property"),
        ({"properties": [], "lists": ["999"]}, "lists", "List does not exist with ID 999."),
        ({"properties": [], "lists": ["x"]}, "lists", "digits only"),
        ({"properties": [], "lists": [str(n) for n in range(10_000)]}, "lists", "50"),
        ({"properties": ["city"] * 51, "lists": []}, "properties", "50"),
        ({"properties": "city", "lists": []}, "properties", "list"),
        ({"properties": []}, "lists", "Missing"),
    ],
)
def test_a_bad_choice_is_refused_at_its_field(
    hers: Program, body: dict[str, Any], field: str, words: str
) -> None:
    answer = hers.ask("PUT", "/sync-settings", body)
    assert answer.status_code == 422, answer.text
    assert words in str(answer.json["errors"][field])
    assert hers.get("/sync-settings")["kept_properties"] == []


def test_a_list_of_companies_is_refused(world: World, hers: Program) -> None:
    companies = make_list(world, object_type_id="0-2")
    answer = put(hers, [], [companies])
    assert answer.status_code == 422
    assert "does not hold contacts" in str(answer.json["errors"]["lists"])


def test_a_sensitive_property_is_refused_with_hubspots_words(world: World, hers: Program) -> None:
    world.sandbox.control("POST", "/properties/city", {"dataSensitivity": "sensitive"})
    answer = put(hers, ["phone", "city"])
    assert answer.status_code == 422
    assert "may not read the sensitive data in the property city" in str(answer.json["errors"])
    assert hers.get("/sync-settings")["properties"] == []


def test_charlie_sees_and_changes_his_own_only(
    world: World, alice: Tenant, charlie: Tenant, hers: Program
) -> None:
    put(hers, ["city"])
    his = program(world, charlie)
    assert his.get("/sync-settings")["properties"] == []
    assert put(his, ["phone"]).status_code == 200
    assert hers.get("/sync-settings")["properties"] == ["city"]
