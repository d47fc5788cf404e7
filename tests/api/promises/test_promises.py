"""What programs were promised is kept: docs/openapi.json is the copy that they were written by."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.promises.compare import broken_promises
from tests.house.project import read
from tests.support.world import World

RENEW = "docs/openapi.json is older than the API: `make openapi` brings it up to date"


@pytest.fixture
def kept() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read("docs/openapi.json"))
    return found


@pytest.fixture
def now(world: World, kept: dict[str, Any]) -> dict[str, Any]:
    """The description as it is, at the address of the copy."""
    found: dict[str, Any] = json.loads(json.dumps(world.app.extensions["musubi_openapi"]))
    return {**found, "servers": kept["servers"]}


def test_no_promise_is_broken(kept: dict[str, Any], now: dict[str, Any]) -> None:
    assert not broken_promises(kept, now)


def test_the_copy_is_up_to_date(kept: dict[str, Any], now: dict[str, Any]) -> None:
    assert kept == now, RENEW


def test_the_command_prints_it(world: World, kept: dict[str, Any]) -> None:
    run = world.app.test_cli_runner().invoke
    server = kept["servers"][0]["url"]
    assert json.loads(run(args=["openapi", "--server", server]).output) == kept
    assert json.loads(run(args=["openapi"]).output)["servers"] == [{"url": world.url}]


LINKAGES = "/api/v1/linkages"


def _schemas(spec: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = spec["components"]["schemas"]
    return found


def _status(spec: dict[str, Any]) -> dict[str, Any]:
    parameters = spec["paths"]["/api/v1/friends"]["get"]["parameters"]
    return next(each for each in parameters if each["name"] == "status")


BREAKS: dict[str, Callable[[dict[str, Any]], object]] = {
    "GET /api/v1/linkages: the operation is gone": lambda spec: spec["paths"][LINKAGES].pop("get"),
    "GET /api/v1/linkages: its name list_linkages is gone": lambda spec: spec["paths"][LINKAGES][
        "get"
    ].update(operationId="links"),
    "POST /api/v1/linkages: the answer 201 is gone": lambda spec: spec["paths"][LINKAGES]["post"][
        "responses"
    ].pop("201"),
    "POST /api/v1/linkages 201.method: the field is gone": lambda spec: _schemas(spec)["Linkage"][
        "properties"
    ].pop("method"),
    "POST /api/v1/linkages 201.friend: it may be missing now": lambda spec: _schemas(spec)[
        "Linkage"
    ]["required"].remove("friend"),
    "POST /api/v1/linkages 201.friend: the type was string and is null, string": lambda spec: (
        _schemas(spec)["Linkage"]["properties"]["friend"].update(type=["string", "null"])
    ),
    "POST /api/v1/linkages body.reason: it is needed now": lambda spec: _schemas(spec)[
        "NewLinkage"
    ]["required"].append("reason"),
    "POST /api/v1/linkages body.contact_id: the type was string and is integer": lambda spec: (
        _schemas(spec)["NewLinkage"]["properties"]["contact_id"].update(type="integer")
    ),
    "POST /api/v1/linkages body.line_user_id: maxLength is 5 now": lambda spec: _schemas(spec)[
        "NewLinkage"
    ]["properties"]["line_user_id"].update(maxLength=5),
    "POST /api/v1/linkages body.line_user_id: its pattern is ^U now": lambda spec: _schemas(spec)[
        "NewLinkage"
    ]["properties"]["line_user_id"].update(pattern="^U"),
    "POST /api/v1/linkages body.line_user_id: it was free and is one of x": lambda spec: _schemas(
        spec
    )["NewLinkage"]["properties"]["line_user_id"].update(enum=["x"]),
    "POST /api/v1/linkages body.line_user_id: minLength is 33 now": lambda spec: _schemas(spec)[
        "NewLinkage"
    ]["properties"]["line_user_id"].update(minLength=33),
    "POST /api/v1/segments body.rule: it takes no other fields now": lambda spec: _schemas(spec)[
        "NewSegment"
    ]["properties"]["rule"].update(additionalProperties=False),
    "POST /api/v1/linkages 201.method: manual is no value any more": lambda spec: _schemas(spec)[
        "Linkage"
    ]["properties"]["method"]["enum"].remove("manual"),
    "GET /api/v1/friends query status: blocked is no value any more": lambda spec: _status(spec)[
        "schema"
    ]["enum"].remove("blocked"),
    "GET /api/v1/friends query status: it is needed now": lambda spec: _status(spec).update(
        required=True
    ),
    "GET /api/v1/friends query status: the parameter is gone": lambda spec: spec["paths"][
        "/api/v1/friends"
    ]["get"]["parameters"].remove(_status(spec)),
    "GET /api/v1/friends 200: application/json is gone": lambda spec: spec["paths"][
        "/api/v1/friends"
    ]["get"]["responses"]["200"]["content"].clear(),
    "POST /api/v1/broadcasts/{broadcast_id}/resume: it needs a body now": lambda spec: spec[
        "paths"
    ]["/api/v1/broadcasts/{broadcast_id}/resume"]["post"]["requestBody"].update(required=True),
}


@pytest.mark.parametrize("sentence", BREAKS)
def test_a_broken_promise_is_named(kept: dict[str, Any], sentence: str) -> None:
    changed = copy.deepcopy(kept)
    BREAKS[sentence](changed)
    assert sentence in broken_promises(kept, changed)


def test_additions_break_nothing(kept: dict[str, Any]) -> None:
    changed = copy.deepcopy(kept)
    _schemas(changed)["Linkage"]["properties"]["note"] = {"type": "string"}
    _schemas(changed)["Linkage"]["required"].append("note")
    _schemas(changed)["NewLinkage"]["properties"]["note"] = {"type": "string"}
    changed["paths"]["/api/v1/notes"] = changed["paths"][LINKAGES]
    _status(changed)["schema"]["enum"].append("new")
    _schemas(changed)["Linkage"]["properties"]["method"]["enum"].append("new")
    _schemas(changed)["NewLinkage"]["properties"]["line_user_id"].pop("maxLength")
    assert broken_promises(kept, changed) == []
