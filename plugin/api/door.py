"""The one way in: who asks, whether he may, whether he asked before, and how he is answered."""

import json

from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.exceptions import HTTPException

from plugin.api import access, once, problems
from plugin.api.resource import PREFIX

# The largest body the API takes is a QR code's logo of 200 KB in base64.
MAX_BODY = 288 * 1024


def close(door: Blueprint) -> Blueprint:
    """Guard every route below `door`, and give every error below its prefix the same form."""
    door.before_app_request(_unknown_route)
    door.before_request(access.guard)
    door.before_request(_check_body)
    door.before_request(once.begin)
    door.after_request(once.end)
    door.after_request(_keep_out_of_caches)
    problems.handle_all(door)
    return door


def _unknown_route() -> Response | None:
    """Routes that do not exist belong to no blueprint, so they are answered before routing ends."""
    error = request.routing_exception
    if not request.path.startswith(f"{PREFIX}/") or not isinstance(error, HTTPException):
        return None
    return None if (error.code or 0) < 400 else problems.of_http(error)


def _check_body() -> None:
    request.max_content_length = MAX_BODY
    body = request.get_data(cache=True)
    if body and not request.is_json:
        raise problems.Problem(415, "not_json", "Send the body as application/json.")
    try:
        json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise problems.Problem(400, "bad_json", "The body is not JSON.") from None


def _keep_out_of_caches(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
