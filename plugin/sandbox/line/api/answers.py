"""Answers of LINE's servers: error bodies, request ids, and the check of the bearer token."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.api import rates
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

LARGEST_BODY = 2 * 1024 * 1024
UNAUTHORIZED = (
    "Authentication failed due to the following reason: {}. "
    "Confirm that the access token in the authorization header is valid."
)


class LineError(Exception):
    def __init__(self, status: int, body: Value, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}


def refusal(status: int, message: str, details: Sequence[Value] = ()) -> LineError:
    """The Messaging API's error: `message`, and `details` if there are any."""
    return LineError(status, {"message": message, **({"details": details} if details else {})})


def oauth_refusal(error: str, description: str, status: int = 400) -> LineError:
    return LineError(status, {"error": error, "error_description": description})


def request_id() -> str:
    """The current request's id, which every answer has in `x-line-request-id`."""
    if "line_request_id" not in g:
        g.line_request_id = str(uuid.uuid4())
    return str(g.line_request_id)


def json_body() -> Value:
    """The request's JSON object: at most 2 MB, with a Content-Type of JSON."""
    if (request.content_length or 0) > LARGEST_BODY:
        raise refusal(413, "Request exceeds the max size of 2MB. Make the request smaller.")
    if not request.is_json:
        raise refusal(415, "Unsupported Media Type")
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise refusal(400, "The request body could not be parsed as JSON (line: 1, column: 1)")
    return body


def live_token(token: str) -> Value | None:
    """Return a channel access token that this sandbox issued and that has not expired."""
    stored = world().store.get("line_token", token)
    if stored is None or stored["expires"] <= world().clock.now():
        return None
    return stored


def bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme == "Bearer" else ""


def _refuse_bearer() -> LineError:
    # Expired tokens stay in the store for this: LINE tells them from made-up ones.
    known = world().store.get("line_token", bearer())
    return refusal(401, UNAUTHORIZED.format("access token expired" if known else "invalid token"))


def channel_id() -> str:
    token = live_token(bearer())
    if token is None:
        raise _refuse_bearer()
    return str(token["channel"])


def account() -> Value:
    current: Value = g.line_account
    return current


def _admit() -> None:
    """Authenticate and rate-limit the caller; Login channels are refused."""
    channel, sandbox = channel_id(), world()
    current = sandbox.store.get("line_account", channel)
    if current is None:
        raise refusal(403, "Access to this API is not available for your account")
    g.line_account = current
    _limit_rate(sandbox, channel)


def _limit_rate(sandbox: World, channel: str) -> None:
    rule = request.url_rule.rule if request.url_rule else request.path
    if not rates.allows(sandbox, channel, f"{request.method} {rule}"):
        raise refusal(429, "The API rate limit has been exceeded. Try again later.")


def _refused(error: LineError) -> ResponseReturnValue:
    return jsonify(error.body), error.status, error.headers


def _stamp(response: Response) -> Response:
    response.headers["x-line-request-id"] = request_id()
    return response


def platform_blueprint(name: str, prefix: str) -> Blueprint:
    """Routes of LINE's servers: errors in LINE's form, a request id on every answer."""
    blueprint = Blueprint(name, __name__, url_prefix=prefix)
    blueprint.register_error_handler(LineError, _refused)
    blueprint.after_request(_stamp)
    return blueprint


def messaging_blueprint(name: str, prefix: str = "/line-api") -> Blueprint:
    """Routes of the Messaging API: with a valid channel token, and rate limits."""
    blueprint = platform_blueprint(name, prefix)
    blueprint.before_request(_admit)
    return blueprint


def unknown_routes() -> Blueprint:
    blueprint = platform_blueprint("line_unknown", "")
    methods = ["GET", "POST", "PUT", "DELETE"]

    def missing(**_: Any) -> ResponseReturnValue:
        raise refusal(404, "Not found")

    for prefix in ("/line-api", "/line-data"):
        endpoint = prefix.strip("/")
        blueprint.add_url_rule(f"{prefix}/<path:rest>", endpoint, missing, methods=methods)
    return blueprint
