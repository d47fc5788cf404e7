"""`POST /hubspot/actions/<action>` and its `/options`."""

from typing import Any

import structlog
from flask import Blueprint, Response, abort, jsonify, request

from plugin.actions.parsing import Unreadable, execution_of, options_query_of
from plugin.core.clock import utcnow
from plugin.core.signatures import is_v2, is_v3
from plugin.doorway import hubspot_request, open_to_strangers, outside
from plugin.services.action_options import Options, options_of
from plugin.services.ask_question import ask_question
from plugin.services.check_friend import check_friend
from plugin.services.generate_linkage_url import generate_linkage_url
from plugin.services.run_action import Action, Answer, run_action
from plugin.services.send_message import send_message
from plugin.services.switch_rich_menu import switch_rich_menu
from plugin.services.tag_friend import tag_friend

log = structlog.get_logger()
blueprint = Blueprint("actions", __name__, url_prefix="/hubspot/actions")
ACTIONS: dict[str, Action] = {
    "send-message": send_message,
    "generate-linkage-url": generate_linkage_url,
    "ask-question": ask_question,
    "check-friend": check_friend,
    "tag-friend": tag_friend,
    "switch-rich-menu": switch_rich_menu,
}


@blueprint.before_request
def only_hubspot() -> None:
    """Signature v3 where it came, else v2, never neither; over the bytes as they came."""
    signed, headers = hubspot_request(), request.headers
    secrets = outside().settings.hubspot_client_secrets
    v3 = headers.get("X-HubSpot-Signature-v3")
    if v3 is not None:
        timestamp = headers.get("X-HubSpot-Request-Timestamp")
        genuine = is_v3(secrets, signed, v3, timestamp, utcnow())
    else:
        v2 = headers.get("X-HubSpot-Signature-Version") == "v2"
        genuine = v2 and is_v2(secrets, signed, headers.get("X-HubSpot-Signature"))
    if not genuine:
        log.warning("hubspot_action_refused", reason="signature")
        abort(Response(status=401))


@blueprint.post("/<action>")
@open_to_strangers("HubSpot signature v3 or v2")
def execute(action: str) -> Response:
    """Run an action once; answers at once, with outputs or with BLOCK."""
    if action not in ACTIONS:
        abort(404)
    try:
        execution = execution_of(request.get_json(force=True, silent=True))
    except Unreadable as error:
        log.warning("hubspot_action_unreadable", reason=str(error))
        abort(Response(status=400))
    answer = run_action(outside(), action, ACTIONS[action], execution)
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
