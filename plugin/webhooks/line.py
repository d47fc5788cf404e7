"""`POST /line/webhooks/<account-key>`: an unguessable address for each Official Account."""

import json

import structlog
from flask import Blueprint, Response, abort, request

from plugin.core.signatures import is_from_line
from plugin.doorway import open_to_strangers
from plugin.models.official_account import OfficialAccount
from plugin.services.line_inbox import keep_line_events

log = structlog.get_logger()
blueprint = Blueprint("line_webhooks", __name__, url_prefix="/line/webhooks")


@blueprint.post("/<key>")
@open_to_strangers("X-Line-Signature of the account, and its destination")
def receive(key: str) -> Response:
    """Verify, keep, answer; LINE waits two seconds and forgets what is refused."""
    account = OfficialAccount.by_webhook_key(key)
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
    # The console's "Verify" sends no events; it only wants to hear 200.
    keep_line_events(account, events if isinstance(events, list) else [])
    return Response(status=200)


def _payload(body: bytes) -> dict[str, object]:
    try:
        parsed = json.loads(body)
    except ValueError:
        log.warning("line_webhook_unreadable")
        return {}
    return parsed if isinstance(parsed, dict) else {}
