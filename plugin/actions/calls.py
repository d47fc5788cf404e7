"""`POST /hubspot/actions/<action>` and its `/options`."""

from collections.abc import Iterable
from typing import Any

import structlog
from flask import Blueprint, Response, abort, current_app, jsonify, request

from plugin.actions.parsing import Unreadable, execution_of, options_query_of
from plugin.availability import answer_in_time
from plugin.core.clock import utcnow
from plugin.core.security.signatures import SignedRequest, is_v2
from plugin.guards import get_deps, only_hubspot, public_route, signed_json
from plugin.services.actions.load import LoadGauge
from plugin.services.actions.options import Options, options_of
from plugin.services.actions.queue import queue_execution
from plugin.services.actions.registry import ACTIONS
from plugin.services.actions.run import run_action
from plugin.services.executions.execution import Answer

log = structlog.get_logger()
blueprint = Blueprint("actions", __name__, url_prefix="/hubspot/actions")
answer_in_time(blueprint)


@blueprint.before_request
def only_signed() -> None:
    only_hubspot(_is_v2)


def _is_v2(secrets: Iterable[str], signed: SignedRequest, signature: str | None) -> bool:
    return request.headers.get("X-HubSpot-Signature-Version") == "v2" and is_v2(
        secrets, signed, signature
    )


@blueprint.post("/<action>")
@public_route("HubSpot signature v3 or v2")
def execute(action: str) -> Response:
    """Run an action once and return its outputs, or BLOCK (always during a burst)."""
    if action not in ACTIONS:
        abort(404)
    try:
        execution = execution_of(signed_json())
    except Unreadable as error:
        log.warning("hubspot_action_unreadable", reason=str(error))
        abort(Response(status=400))
    with load_gauge().enter() as is_burst:
        answer = (
            queue_execution(ACTIONS[action], execution, load=load_gauge()) if is_burst else None
        )
        answer = answer or run_action(get_deps(), ACTIONS[action], execution)
    return jsonify({"outputFields": _fields(answer)})


@blueprint.post("/<action>/options")
@public_route("HubSpot signature v3 or v2")
def options(action: str) -> Response:
    if action not in ACTIONS:
        abort(404)
    try:
        query = options_query_of(signed_json())
    except Unreadable as error:
        log.warning("hubspot_options_unreadable", reason=str(error))
        abort(Response(status=400))
    return jsonify(_page(options_of(get_deps(), query)))


def load_gauge() -> LoadGauge:
    gauge: LoadGauge = current_app.extensions["musubi_load_gauge"]
    return gauge


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
