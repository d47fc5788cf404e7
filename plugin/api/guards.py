"""The checks before every request of the API: key, body, idempotency; and errors' form."""

from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.exceptions import HTTPException

from plugin.api import access, idempotency, problems, rates
from plugin.api.raw_bodies import longest_raw_body
from plugin.api.resource import PREFIX
from plugin.core.text.json_bodies import TooDeep, read_json

# The largest body the API takes is a QR code's logo of 200 KB in base64.
MAX_BODY = 288 * 1024


def guard_blueprint(blueprint: Blueprint) -> Blueprint:
    """Guard every route below the blueprint and every error below its prefix."""
    blueprint.before_app_request(_unknown_route)
    blueprint.before_request(access.identify)
    # Before anything else is looked at, so that requests which are refused count too.
    blueprint.before_request(rates.begin)
    blueprint.before_request(access.authorize)
    blueprint.before_request(_check_body)
    blueprint.before_request(idempotency.begin)
    # What runs after a request runs in the opposite order.
    blueprint.before_request(access.begin_audit)
    blueprint.after_request(idempotency.end)
    blueprint.after_request(rates.end)
    blueprint.after_request(access.end_audit)
    blueprint.after_request(_keep_out_of_caches)
    problems.register_error_handlers(blueprint)
    return blueprint


def _unknown_route() -> Response | None:
    # Unknown routes belong to no blueprint, so they are answered before routing ends.
    error = request.routing_exception
    if not request.path.startswith(f"{PREFIX}/") or not isinstance(error, HTTPException):
        return None
    return None if (error.code or 0) < 400 else problems.of_http(error)


def _check_body() -> None:
    most = longest_raw_body()
    request.max_content_length = most or MAX_BODY
    if most is None:
        _check_json()
    elif not request.get_data(cache=True):
        raise problems.Problem(400, "no_body", "Send the file as the body.")


def _check_json() -> None:
    body = request.get_data(cache=True)
    if body and not request.is_json:
        raise problems.Problem(415, "not_json", "Send the body as application/json.")
    try:
        read_json(body or b"{}")
    except TooDeep:
        raise problems.Problem(400, "bad_json", "The body is nested too deeply.") from None
    except ValueError:
        raise problems.Problem(400, "bad_json", "The body is not JSON.") from None


def _keep_out_of_caches(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
