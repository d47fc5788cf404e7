"""The description is good OpenAPI, holds every route, and says what the answers look like."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.api.client import PREFIX, Answered, program
from tests.api.test_access import api_routes
from tests.support.people import linked
from tests.support.world import Tenant, World


@pytest.fixture
def spec(world: World) -> dict[str, Any]:
    """The description, as a stranger reads it."""
    answer = Answered.of(world.app.test_client().get(f"{PREFIX}/openapi.json"))
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: dict[str, Any] = answer.json
    return found


def operations(spec: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def test_it_is_good_openapi_3_1(spec: dict[str, Any]) -> None:
    assert spec["openapi"].startswith("3.1")
    assert spec["info"]["title"] == "Musubi"
    validate(spec)


def test_it_holds_every_route(world: World, spec: dict[str, Any]) -> None:
    routes = {
        (method, rule.replace("<", "{").replace(">", "}")) for method, rule in api_routes(world.app)
    }
    assert {(method, path) for method, path, _ in operations(spec)} == routes


def test_it_says_how_to_show_a_key(world: World, spec: dict[str, Any]) -> None:
    assert spec["servers"] == [{"url": world.url}]
    assert spec["security"] == [{"key": []}]
    assert spec["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_every_operation_has_a_name_a_summary_and_its_errors(spec: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(spec)]
    assert len(set(names)) == len(names)
    for method, path, operation in operations(spec):
        assert operation["summary"], path
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
        once = {"$ref": "#/components/parameters/IdempotencyKey"}
        assert (once in operation.get("parameters", [])) == (method != "GET"), path


def test_examples_are_what_the_schemas_say(spec: dict[str, Any]) -> None:
    shown = 0
    for _, _, operation in operations(spec):
        parts = [operation.get("requestBody", {}), *operation["responses"].values()]
        for part in parts:
            for media in part.get("content", {}).values():
                if "example" in media:
                    check(spec, media["schema"], media["example"])
                    shown += 1
    assert shown >= 6


@pytest.mark.parametrize(
    "path", ["/official-accounts", "/qr-codes", "/friends", "/linkages", "/linkages/history"]
)
def test_answers_are_what_the_schemas_say(
    world: World, alice: Tenant, spec: dict[str, Any], path: str
) -> None:
    linked(world, alice)
    content = spec["paths"][PREFIX + path]["get"]["responses"]["200"]["content"]
    answer = program(world, alice).get(path)
    assert answer["results"]
    check(spec, content["application/json"]["schema"], answer)


def test_problems_are_what_the_schema_says(world: World, spec: dict[str, Any]) -> None:
    said = world.app.test_client().get(f"{PREFIX}/friends").json
    check(spec, {"$ref": "#/components/schemas/Problem"}, said)


def check(spec: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    """Raises where the value is not what the schema says."""
    Draft202012Validator({**schema, "components": spec["components"]}).validate(value)
