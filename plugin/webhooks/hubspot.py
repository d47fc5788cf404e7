"""`POST /hubspot/webhooks`: one address for all portals."""

import structlog
from flask import Blueprint, Response, request

from plugin.core.signatures import is_v1
from plugin.doorway import only_hubspot, open_to_strangers
from plugin.services.hubspot_inbox import keep_hubspot_events

log = structlog.get_logger()
blueprint = Blueprint("hubspot_webhooks", __name__, url_prefix="/hubspot/webhooks")


@blueprint.before_request
def only_signed() -> None:
    """Signature v3 or v1, never neither."""
    only_hubspot(is_v1)


@blueprint.post("", strict_slashes=False)
@open_to_strangers("HubSpot signature v3 or v1")
def receive() -> Response:
    """Keep the events; 200 for whatever is signed, also what is ignored."""
    events = request.get_json(force=True, silent=True)
    if not isinstance(events, list):
        log.warning("hubspot_webhook_unreadable")
        return Response(status=200)
    keep_hubspot_events(events)
    return Response(status=200)
