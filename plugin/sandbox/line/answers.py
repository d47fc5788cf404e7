"""How LINE's servers answer: error bodies, request ids, and the bearer at the door."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import rates
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

LARGEST_BODY = 2 * 1024 * 1024
UNAUTHORIZED = (
    "Authentication failed due to the following reason: {}. "
    "Confirm that the access token in the authorization header is valid."
)


class LineError(Exception):
    """An answer other than success, with LINE's own body."""

    def __init__(self, status: int, body: Value, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}


def refusal(status: int, message: str, details: Sequence[Value] = ()) -> LineError:
    """The Messaging API's form: `message`, and `details` where there are any."""
    return LineError(status, {"message": message, **({"details": details} if details else {})})


def oauth_refusal(error: str, description: str, status: int = 400) -> LineError:
    """The token endpoints' form."""
    return LineError(status, {"error": error, "error_description": description})


def request_id() -> str:
    """The id of the request being answered; every answer carries it in `x-line-request-id`."""
    if "line_request_id" not in g:
        g.line_request_id = str(uuid.uuid4())
    return str(g.line_request_id)


def json_body() -> Value:
    """The request's JSON object: as long as 2 MB, and called JSON in its Content-Type."""
    if (request.content_length or 0) > LARGEST_BODY:
        raise refusal(413, "Request exceeds the max size of 2MB. Make the request smaller.")
    if not request.is_json:
        raise refusal(415, "Unsupported Media Type")
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise refusal(400, "The request body could not be parsed as JSON (line: 1, column: 1)")
    return body


def live_token(token: str) -> Value | None:
    """A channel access token that this sandbox issued and that has not expired."""
    found = world().store.get("line_token", token)
    if found is None or found["expires"] <= world().clock.now():
        return None
    return found


def bearer() -> str:
    """The token of the Authorization header, or ""."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme == "Bearer" else ""


def _refuse_bearer() -> LineError:
    # Expired tokens stay in the store for this: LINE tells them from made-up ones.
    known = world().store.get("line_token", bearer())
    return refusal(401, UNAUTHORIZED.format("access token expired" if known else "invalid token"))


def channel_id() -> str:
    """The channel whose token the request carries."""
    found = live_token(bearer())
    if found is None:
        raise _refuse_bearer()
    return str(found["channel"])


def account() -> Value:
    """The Official Account that the request's token speaks for."""
    found: Value = g.line_account
    return found


def _admit() -> None:
    """Who calls, and may he call so often? Login channels have no business here."""
    channel, here = channel_id(), world()
    found = here.store.get("line_account", channel)
    if found is None:
        raise refusal(403, "Access to this API is not available for your account")
    g.line_account = found
    _pace(here, channel)


def _pace(here: World, channel: str) -> None:
    rule = request.url_rule.rule if request.url_rule else request.path
    if not rates.allows(here, channel, f"{request.method} {rule}"):
        raise refusal(429, "The API rate limit has been exceeded. Try again later.")


def _refused(error: LineError) -> ResponseReturnValue:
    return jsonify(error.body), error.status, error.headers


def _stamp(response: Response) -> Response:
    response.headers["x-line-request-id"] = request_id()
    return response


def platform_blueprint(name: str, prefix: str) -> Blueprint:
    """Routes of LINE's servers: errors in LINE's form, a request id on every answer."""
    made = Blueprint(name, __name__, url_prefix=prefix)
    made.register_error_handler(LineError, _refused)
    made.after_request(_stamp)
    return made


def messaging_blueprint(name: str, prefix: str = "/line-api") -> Blueprint:
    """Routes of the Messaging API: a live channel token, and not too often."""
    made = platform_blueprint(name, prefix)
    made.before_request(_admit)
    return made


def unknown_routes() -> Blueprint:
    """Whatever else is asked below LINE's addresses does not exist."""
    made = platform_blueprint("line_unknown", "")
    methods = ["GET", "POST", "PUT", "DELETE"]

    def missing(**_: Any) -> ResponseReturnValue:
        raise refusal(404, "Not found")

    for prefix in ("/line-api", "/line-data"):
        endpoint = prefix.strip("/")
        made.add_url_rule(f"{prefix}/<path:rest>", endpoint, missing, methods=methods)
    return made
