"""`POST /hubspot/actions/<action>` and its `/options`."""

from collections.abc import Iterable
from typing import Any

import structlog
from flask import Blueprint, Response, abort, current_app, jsonify, request

from plugin.actions.parsing import Unreadable, execution_of, options_query_of
from plugin.core.clock import utcnow
from plugin.core.crowd import Crowd
from plugin.core.signatures import SignedRequest, is_v2
from plugin.doorway import only_hubspot, open_to_strangers, outside
from plugin.services.action_options import Options, options_of
from plugin.services.executions import Answer
from plugin.services.run_action import run_action
from plugin.services.run_taken import ACTIONS
from plugin.services.take_action import take_action

log = structlog.get_logger()
blueprint = Blueprint("actions", __name__, url_prefix="/hubspot/actions")


@blueprint.before_request
def only_signed() -> None:
    """Signature v3 or v2, never neither."""
    only_hubspot(_is_v2)


def _is_v2(secrets: Iterable[str], signed: SignedRequest, signature: str | None) -> bool:
    return request.headers.get("X-HubSpot-Signature-Version") == "v2" and is_v2(
        secrets, signed, signature
    )


@blueprint.post("/<action>")
@open_to_strangers("HubSpot signature v3 or v2")
def execute(action: str) -> Response:
    """Run an action once; answers at once, with outputs or with BLOCK (in a crowd always)."""
    if action not in ACTIONS:
        abort(404)
    try:
        execution = execution_of(request.get_json(force=True, silent=True))
    except Unreadable as error:
        log.warning("hubspot_action_unreadable", reason=str(error))
        abort(Response(status=400))
    with crowd().joined() as crowded:
        answer = take_action(ACTIONS[action], execution, crowd=crowd()) if crowded else None
        answer = answer or run_action(outside(), ACTIONS[action], execution)
    return jsonify({"outputFields": _fields(answer)})


@blueprint.post("/<action>/options")
@open_to_strangers("HubSpot signature v3 or v2")
def options(action: str) -> Response:
    """The choices of an input field, while somebody edits a workflow."""
    if action not in ACTIONS:
        abort(404)
    try:
        query = options_query_of(request.get_json(force=True, silent=True))
    except Unreadable as error:
        log.warning("hubspot_options_unreadable", reason=str(error))
        abort(Response(status=400))
    return jsonify(_page(options_of(outside(), query)))


def crowd() -> Crowd:
    """The calls that this process has in hand."""
    found: Crowd = current_app.extensions["musubi_crowd"]
    return found


def _fields(answer: Answer) -> dict[str, str]:
    if answer.hold_until is None:
        return {**answer.outputs, "hs_execution_state": answer.state}
    seconds = max(int((answer.hold_until - utcnow()).total_seconds()), 60)
    duration = f"PT{seconds // 60}M"
    return {"hs_execution_state": "BLOCK", "hs_expiration_duration": duration}


def _page(options: Options) -> dict[str, Any]:
    choices = [choice._asdict() for choice in options.choices]
    page: dict[str, Any] = {"options": choices, "searchable": True}
    if options.after:
        page["after"] = options.after
    return page
