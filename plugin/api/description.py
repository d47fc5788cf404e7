"""The API's OpenAPI 3.1 description, generated from the routes and schemas."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Flask, current_app
from flask_smorest import Api
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import fields

from plugin.api import rates
from plugin.api.access import SAFE
from plugin.api.fields import Id, Moment
from plugin.api.idempotency import HEADER, LONGEST_KEY
from plugin.api.paging import ResponseSchema
from plugin.api.problems import MEDIA_TYPE
from plugin.api.resource import PREFIX, Resource
from plugin.guards import public_route
from plugin.services import Dependencies

blueprint = Resource("openapi", "This description", "openapi.json")
OPENAPI_VERSION, API_VERSION = "3.1.0", "1"
ABOUT = f"""HubSpot contacts and LINE friends, linked together.

A key belongs to one Installation. It is made on the page Settings > API keys, or on the server by
`flask --app app api-key create --portal <id> --role admin`. Its role says what it may do: `admin`
everything, `reader` only read, `agent` read here and draft through `/mcp`.

Ids are strings, times RFC 3339 UTC. Lists answer `results` and `after`; send `after` back for the
next page. Errors are problem documents (RFC 9457). More fields may be added at any time.

A key may ask {rates.RATE.burst:.0f} times at once, and {rates.RATE.per_second:.0f} times a second
after that, of each process that serves. Every answer says in `{rates.LIMIT}`, `{rates.REMAINING}`
and `{rates.RESET}` how many requests are left, and in how many seconds all of them are there again;
a 429 says in `Retry-After` when to go on. A write with an `Idempotency-Key` is done once, however
often it is sent."""
PROBLEM_EXAMPLE = {
    "type": "about:blank",
    "title": "Not Found",
    "status": 404,
    "code": "not_found",
    "detail": "There is nothing here, or it is not yours.",
}
IDEMPOTENCY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
    "description": "Repeats of a write with the same key get the first answer, for 24 hours.",
}
HEADERS = {
    name: {"schema": {"type": "integer"}, "description": words}
    for name, words in (
        (rates.LIMIT, "Requests that a key may send at once"),
        (rates.REMAINING, "Requests that are left of them"),
        (rates.RESET, "Seconds until all of them are there again"),
        ("Retry-After", "409, 423, 429 and 503: seconds to wait, where waiting helps"),
    )
}


class ProblemSchema(ResponseSchema):
    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    conflict = fields.Dict(
        metadata={
            "description": "409 of linkages: the linkage in the way, and the `id` of the conflict"
        }
    )
    state = fields.String(metadata={"description": "409 of broadcasts: the state it has"})
    reference = fields.String(metadata={"description": "500: what to quote in a report"})


class _Api(Api):
    # The API has its own error handlers.
    def _register_error_handlers(self) -> None: ...


@blueprint.get("")
@public_route("tells nothing but what the API is like")
@blueprint.response(200, {"type": "object"})
def openapi() -> Any:
    """This description"""
    return current_app.json.response(current_app.extensions["musubi_openapi"])


def describe(app: Flask, api_blueprint: SmorestBlueprint, resources: Sequence[Resource]) -> None:
    """Register the blueprint and store the description of everything below it."""
    api = _Api(app, spec_kwargs=_spec_options(app))
    api.register_field(Id, "string", None)
    api.register_field(Moment, "string", "date-time")
    api.spec.components.schema("Problem", schema=ProblemSchema)
    api.register_blueprint(api_blueprint)
    spec = api.spec.to_dict()
    spec["tags"] = [{"name": item.path, "description": item.description} for item in resources]
    for unused in ("Error", "PaginationMetadata"):
        spec["components"]["schemas"].pop(unused, None)
    spec["components"] |= _shared_components()
    for path, method, operation in _operations(spec):
        _complete_operation(path, method, operation)
    _name_operations(app, api, spec["paths"])
    spec["paths"][f"{PREFIX}/openapi.json"]["get"]["security"] = []
    app.extensions["musubi_openapi"] = spec


def _spec_options(app: Flask) -> dict[str, Any]:
    deps: Dependencies = app.extensions["musubi"]
    return {
        "title": "Musubi",
        "version": API_VERSION,
        "openapi_version": OPENAPI_VERSION,
        "info": {"description": ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": deps.settings.base_url}],
        "security": [{"key": []}],
    }


def _shared_components() -> dict[str, Any]:
    # Replaces flask-smorest's own form of errors.
    problem = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "example": PROBLEM_EXAMPLE,
    }
    error = {"description": "An error", "content": {MEDIA_TYPE: problem}, "headers": HEADERS}
    return {
        "responses": {"Problem": error},
        "parameters": {"IdempotencyKey": IDEMPOTENCY_PARAMETER},
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    }


def _operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def _complete_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    operation["tags"] = [path.removeprefix(f"{PREFIX}/").split("/")[0]]
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    if method.upper() not in SAFE:
        operation.setdefault("parameters", []).append(
            {"$ref": "#/components/parameters/IdempotencyKey"}
        )


def _name_operations(app: Flask, api: Api, paths: dict[str, Any]) -> None:
    # Clients generated from the description call the operations as the code does.
    for rule in app.url_map.iter_rules():
        item = paths.get(api.flask_plugin.flaskpath2openapi(rule.rule), {})
        for method in rule.methods or ():
            if method.lower() in item:
                item[method.lower()]["operationId"] = rule.endpoint.rsplit(".", 1)[-1]
