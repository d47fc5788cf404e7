"""Respond 503 in time, and keep nothing half, when the database is away, locked or full."""

import structlog
from flask import Blueprint, Flask, current_app, g
from sqlalchemy.exc import InternalError
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response

from plugin.models.lock_wait import (
    UNAVAILABLE,
    is_read_only,
    reset_write_deadline,
    set_write_deadline,
)

log = structlog.get_logger()
# LINE waits two seconds for a response, HubSpot's editor no longer; the rest is for the work.
WRITE_SECONDS = 1.4


def init_app(app: Flask) -> None:
    for error in UNAVAILABLE:
        app.register_error_handler(error, refuse)
    app.register_error_handler(InternalError, _refuse_read_only)


def answer_in_time(blueprint: Blueprint) -> None:
    """Let the writes of an entry point give up while its caller still listens."""
    blueprint.before_request(_hurry)
    blueprint.teardown_request(_relax)


def refuse(error: Exception) -> Response:
    """Return 503 in the format of the requested entry point."""
    # HubSpot and LINE repeat calls refused with 503; people and programs may.
    log.warning("database_unavailable", error=type(error).__name__)
    response = current_app.handle_user_exception(ServiceUnavailable())
    return current_app.make_response(response)


def _refuse_read_only(error: InternalError) -> Response:
    if is_read_only(error):
        return refuse(error)
    raise error


def _hurry() -> None:
    g.hurried = set_write_deadline(WRITE_SECONDS)


def _relax(_: BaseException | None) -> None:
    token = g.pop("hurried", None)
    if token is not None:
        reset_write_deadline(token)
