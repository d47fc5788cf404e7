"""Every error of the API as a problem document (RFC 9457)."""

import json
import secrets
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from flask import Response, request
from flask_smorest import Blueprint
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException, default_exceptions

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.lock_wait import UNAVAILABLE

log = structlog.get_logger()
MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS, LONGEST_WAIT = 5, 86_400
Errors = Mapping[str, list[str]]


class Problem(Exception):
    """An error response. `code` is for programs, `detail` for people, `errors` by field."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Errors | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers = headers or {}
        self.more: dict[str, Any] = {**({"errors": errors} if errors else {}), **(more or {})}


def not_found() -> Problem:
    return Problem(404, "not_found", "There is nothing here, or it is not yours.")


def invalid(field: str, message: str) -> Problem:
    return Problem(422, "invalid", message, errors={field: [message]})


def register_error_handlers(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(Problem, problem_response)
    blueprint.register_error_handler(GatewayError, _from_gateway)
    blueprint.register_error_handler(IntegrityError, _from_race)
    for error in UNAVAILABLE:
        blueprint.register_error_handler(error, _from_unavailable)
    # Each code by itself, since the pages have handlers of their own.
    for code in default_exceptions:
        blueprint.register_error_handler(code, of_http)
    blueprint.register_error_handler(Exception, _from_bug)


def document(problem: Problem) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        **problem.more,
    }


def problem_response(problem: Problem) -> Response:
    response = Response(json.dumps(document(problem)), problem.status, mimetype=MEDIA_TYPE)
    response.headers.update(problem.headers)
    return response


def of_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status >= 500:
        return _from_bug(error.__cause__ or error)
    errors = _errors_by_field(getattr(error, "data", {}).get("messages") or {})
    detail = _joined_messages(errors) or str(error.description or error.name)
    code = "invalid" if errors else error.name.lower().replace(" ", "_")
    headers = {name: text for name, text in error.get_headers() if name in ("Allow", "Retry-After")}
    return problem_response(Problem(status, code, detail, errors=errors, headers=headers))


def refused_fields(problems: Mapping[str, object]) -> Problem:
    """Return the 422 problem of sentences by field; a field "" is the body as a whole."""
    errors = {name: [str(words)] for name, words in problems.items()}
    return Problem(422, "invalid", _joined_messages(errors), errors=errors)


def invalid_fields(messages: Mapping[str, Any]) -> Problem:
    """Return the 422 problem of a schema's messages, which may be nested."""
    errors: dict[str, list[str]] = {}
    _collect(errors, "", messages)
    return Problem(422, "invalid", _joined_messages(errors), errors=errors)


def _errors_by_field(messages: Mapping[str, Any]) -> dict[str, list[str]]:
    # Without the location (`json`, `query`) that webargs adds; a dot per level.
    errors: dict[str, list[str]] = {}
    for location_errors in messages.values():
        _collect(errors, "", location_errors)
    return errors


def _collect(errors: dict[str, list[str]], name: str, messages: Any) -> None:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            below = "" if key == "_schema" else str(key)
            _collect(errors, ".".join(filter(None, (name, below))), inner)
        return
    errors[name] = [str(message) for message in messages]


def _joined_messages(errors: Errors) -> str:
    sentences = [f"{name}: {' '.join(words)}".removeprefix(": ") for name, words in errors.items()]
    return " ".join(sentences)


def _from_gateway(error: GatewayError) -> Response:
    return problem_response(of_gateway(error))


def of_gateway(error: GatewayError) -> Problem:
    """Return the problem of a call that a platform refused, or did not answer."""
    if error.permanent:
        sentence = f"HubSpot or LINE refused this: {error.message}"
        return Problem(502, "platform_refused", sentence)
    wait = RETRY_SECONDS
    if error.retry_at is not None:
        wait = max(1, min(LONGEST_WAIT, round((error.retry_at - utcnow()).total_seconds())))
    sentence = f"HubSpot or LINE cannot do this now, try again later: {error.message}"
    return Problem(503, "platform_unavailable", sentence, headers={"Retry-After": str(wait)})


def _from_unavailable(error: Exception) -> Response:
    log.warning("database_unavailable", error=type(error).__name__)
    sentence = "Musubi's database cannot be used at the moment. Nothing was changed; try again."
    return problem_response(Problem(503, "unavailable", sentence, headers={"Retry-After": "5"}))


def _from_race(_: IntegrityError) -> Response:
    sentence = "Somebody changed the same thing at the same moment. Try again."
    return problem_response(Problem(503, "race", sentence, headers={"Retry-After": "1"}))


def _from_bug(error: BaseException) -> Response:
    # The message could carry a body, so the log has only the error's type and place.
    reference = secrets.token_hex(6)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    rule = request.url_rule.rule if request.url_rule else ""
    kind = type(error).__name__
    log.error("api_failed", reference=reference, error=kind, place=place, route=rule)
    detail = f"Musubi made a mistake. Quote the reference {reference} when you report it."
    return problem_response(Problem(500, "internal", detail, more={"reference": reference}))
