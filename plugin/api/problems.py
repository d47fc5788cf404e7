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

log = structlog.get_logger()
MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS, LONGEST_WAIT = 5, 86_400
Errors = Mapping[str, list[str]]


class Problem(Exception):
    """An answer that says no. `code` is for programs, `detail` for people, `errors` by field."""

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
    """Missing and foreign alike."""
    return Problem(404, "not_found", "There is nothing here, or it is not yours.")


def invalid(field: str, message: str) -> Problem:
    """One field of the request cannot be taken as it is."""
    return Problem(422, "invalid", message, errors={field: [message]})


def handle_all(door: Blueprint) -> None:
    """Answer every error below `door`; each code by itself, since the pages have handlers too."""
    door.register_error_handler(Problem, document)
    door.register_error_handler(GatewayError, _of_gateway)
    door.register_error_handler(IntegrityError, _of_race)
    for code in default_exceptions:
        door.register_error_handler(code, of_http)
    door.register_error_handler(Exception, _of_bug)


def document(problem: Problem) -> Response:
    """The problem as a response."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        **problem.more,
    }
    response = Response(json.dumps(body), problem.status, mimetype=MEDIA_TYPE)
    response.headers.update(problem.headers)
    return response


def of_http(error: HTTPException) -> Response:
    """What Flask and the parser of arguments raise."""
    status = error.code or 500
    if status >= 500:
        return _of_bug(error.__cause__ or error)
    errors = _by_field(getattr(error, "data", {}).get("messages") or {})
    detail = _sentence(errors) or str(error.description or error.name)
    code = "invalid" if errors else error.name.lower().replace(" ", "_")
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return document(Problem(status, code, detail, errors=errors, headers=kept))


def _by_field(messages: Mapping[str, Any]) -> dict[str, list[str]]:
    """Without the place (`json`, `query`) that the parser puts around; one dot a level."""
    errors: dict[str, list[str]] = {}
    for place in messages.values():
        _gather(errors, "", place)
    return errors


def _gather(errors: dict[str, list[str]], name: str, said: Any) -> None:
    if isinstance(said, Mapping):
        for key, inner in said.items():
            below = "" if key == "_schema" else str(key)
            _gather(errors, ".".join(filter(None, (name, below))), inner)
        return
    errors[name] = [str(each) for each in said]


def _sentence(errors: Errors) -> str:
    said = [f"{name}: {' '.join(words)}".removeprefix(": ") for name, words in errors.items()]
    return " ".join(said)


def _of_gateway(error: GatewayError) -> Response:
    if error.permanent:
        sentence = f"HubSpot or LINE refused this: {error.message}"
        return document(Problem(502, "platform_refused", sentence))
    wait = RETRY_SECONDS
    if error.retry_at is not None:
        wait = max(1, min(LONGEST_WAIT, round((error.retry_at - utcnow()).total_seconds())))
    sentence = f"HubSpot or LINE cannot do this now, try again later: {error.message}"
    return document(
        Problem(503, "platform_unavailable", sentence, headers={"Retry-After": str(wait)})
    )


def _of_race(_: IntegrityError) -> Response:
    sentence = "Somebody changed the same thing at the same moment. Try again."
    return document(Problem(503, "race", sentence, headers={"Retry-After": "1"}))


def _of_bug(error: BaseException) -> Response:
    """A mistake of ours. Its message could carry a body, so the log has its kind and place only."""
    reference = secrets.token_hex(6)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    rule = request.url_rule.rule if request.url_rule else ""
    kind = type(error).__name__
    log.error("api_failed", reference=reference, error=kind, place=place, route=rule)
    detail = f"Musubi made a mistake. Quote the reference {reference} when you report it."
    return document(Problem(500, "internal", detail, more={"reference": reference}))
