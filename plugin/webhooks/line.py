"""`POST /line/webhooks/<account-key>`: an unguessable address for each Official Account."""

import structlog
from flask import Blueprint, Response, abort, request

from plugin.availability import answer_in_time
from plugin.core.security.signatures import is_from_line
from plugin.core.text.clean import storable
from plugin.core.text.json_bodies import read_json
from plugin.guards import get_deps, public_route
from plugin.models.connections.webhook_account import account_of_webhook
from plugin.services.friends.line_events import store_line_events
from plugin.services.outgoing.relay import CARRIED, Call, keep_call

log = structlog.get_logger()
blueprint = Blueprint("line_webhooks", __name__, url_prefix="/line/webhooks")
answer_in_time(blueprint)


@blueprint.post("/<key>")
@public_route("X-Line-Signature of the account, and its destination")
def receive(key: str) -> Response:
    """Verify and store the events; LINE waits two seconds and drops refused events."""
    account = account_of_webhook(key)
    body = request.get_data(cache=True)
    signature = request.headers.get("X-Line-Signature")
    if account is None or not is_from_line([account.channel_secret], body, signature):
        log.warning("line_webhook_refused", reason="signature" if account else "address")
        abort(Response(status=401))
    payload = _payload(body)
    events = payload.get("events")
    if events and payload.get("destination") != account.bot_user_id:
        log.warning("line_webhook_refused", reason="destination")
        abort(Response(status=401))
    if account.relays:
        keep_call(get_deps(), account, Call(body, signature or "", *map(_header, CARRIED)))
    # The console's "Verify" sends no events and only expects 200.
    store_line_events(account, events if isinstance(events, list) else [])
    return Response(status=200)


def _header(name: str) -> str:
    return str(storable(request.headers.get(name, "")))


def _payload(body: bytes) -> dict[str, object]:
    try:
        parsed = storable(read_json(body))
    except ValueError:
        log.warning("line_webhook_unreadable")
        return {}
    return parsed if isinstance(parsed, dict) else {}
