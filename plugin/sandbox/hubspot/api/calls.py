"""The API blueprint and the common steps of a call: token, scopes, rate limit, error shape."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from plugin.sandbox.hubspot.api.answers import Answer, Body, Refused, not_found
from plugin.sandbox.hubspot.api.limits import spend
from plugin.sandbox.hubspot.api.tokens import Access, access
from plugin.sandbox.world import World, world

api = Blueprint("hubspot_api", __name__, url_prefix="/hubspot-api")


@dataclass
class Call:
    """An authorised API call of an app for a portal."""

    world: World
    access: Access
    body: Any = field(default_factory=dict)

    @property
    def portal(self) -> int:
        return self.access.portal

    def query(self, name: str, default: str = "") -> str:
        return request.args.get(name, default)

    def query_list(self, name: str) -> list[str]:
        """Return a repeated parameter, or a single one split at commas."""
        return [part for text in request.args.getlist(name) for part in text.split(",") if part]


Operation = Callable[..., Answer]


def operation(
    method: str, path: str, *scopes: str, search: bool = False
) -> Callable[[Operation], Operation]:
    """Serve `method path` with a function of (Call, path parameters) that needs `scopes`."""

    def register(view: Operation) -> Operation:
        @wraps(view)
        def guarded(**parameters: str) -> Response:
            sandbox = world()
            allowed = access(sandbox, request.headers.get("Authorization", ""))
            # A call without its scope is counted all the same.
            g.rate_headers = spend(sandbox, allowed.portal, search)
            _check_scopes(allowed, scopes)
            body, status = view(Call(sandbox, allowed, _json()), **parameters)
            return _respond(body, status)

        # Flask allows no dots in an endpoint's name.
        api.add_url_rule(path, f"{method} {path}".replace(".", "_"), guarded, methods=[method])
        return view

    return register


def _check_scopes(allowed: Access, scopes: tuple[str, ...]) -> None:
    missing = [scope for scope in scopes if scope not in allowed.scopes]
    if missing:
        raise Refused(
            403,
            "This app hasn't been granted all required scopes to make this call.",
            "MISSING_SCOPES",
            errors=[
                {
                    "message": "One or more of the following scopes are required.",
                    "context": {"requiredGranularScopes": missing},
                }
            ],
        )


def _json() -> Any:
    if not request.get_data():
        return {}
    body = request.get_json(silent=True, force=True)
    if body is None:
        raise Refused(400, "Invalid input JSON on line 1, column 1: Unexpected character")
    return body


def _respond(body: Body | None, status: int) -> Response:
    response = Response(status=status) if body is None else jsonify(body)
    response.status_code = status
    response.headers.update(g.get("rate_headers", {}))
    return response


@api.errorhandler(Refused)
def refuse(error: Refused) -> Response:
    """Answer every refusal in HubSpot's error shape."""
    response = _respond(error.body(), error.status)
    response.headers.update(error.headers)
    return response


@api.errorhandler(HTTPException)
def refuse_request(error: HTTPException) -> Response:
    return refuse(Refused(error.code or 500, error.name))


@api.errorhandler(ValueError)
def refuse_nonsense(error: ValueError) -> Response:
    # E.g. text in place of a number.
    return refuse(Refused(400, f"Invalid input: {error}"))


@api.errorhandler(KeyError)
def refuse_incomplete(error: KeyError) -> Response:
    # The body lacks a field that HubSpot's schema requires.
    # The operations read required fields with `[]`, so that none is required by accident.
    return refuse(Refused(400, f"Invalid input JSON: missing required field {error}"))


@api.route("/", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@api.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def unknown(rest: str) -> Response:
    """Unknown paths and versions."""
    raise not_found(f"No operation at /{rest}")
