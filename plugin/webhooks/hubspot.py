"""`POST /hubspot/webhooks`: one address for all portals."""

import structlog
from flask import Blueprint, Response

from plugin.availability import answer_in_time
from plugin.core.security.signatures import is_v1
from plugin.guards import only_hubspot, public_route, signed_json
from plugin.services.sync.hubspot_events import store_hubspot_events

log = structlog.get_logger()
blueprint = Blueprint("hubspot_webhooks", __name__, url_prefix="/hubspot/webhooks")
answer_in_time(blueprint)


@blueprint.before_request
def only_signed() -> None:
    only_hubspot(is_v1)


@blueprint.post("", strict_slashes=False)
@public_route("HubSpot signature v3 or v1")
def receive() -> Response:
    """Store the events; 200 for every signed call, also where events are ignored."""
    events = signed_json()
    if not isinstance(events, list):
        log.warning("hubspot_webhook_unreadable")
        return Response(status=200)
    store_hubspot_events(events)
    return Response(status=200)
