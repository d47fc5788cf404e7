"""`POST /hubspot/webhooks`: one address for all portals."""

import structlog
from flask import Blueprint, Response, abort, request

from plugin.core.clock import utcnow
from plugin.core.signatures import is_v1, is_v3
from plugin.doorway import hubspot_request, open_to_strangers, outside
from plugin.services.hubspot_inbox import keep_hubspot_events

log = structlog.get_logger()
blueprint = Blueprint("hubspot_webhooks", __name__, url_prefix="/hubspot/webhooks")


@blueprint.before_request
def only_hubspot() -> None:
    """Signature v3 where it came, v1 only without it."""
    signed, headers = hubspot_request(), request.headers
    secrets = outside().settings.hubspot_client_secrets
    v3 = headers.get("X-HubSpot-Signature-v3")
    if v3 is not None:
        timestamp = headers.get("X-HubSpot-Request-Timestamp")
        genuine = is_v3(secrets, signed, v3, timestamp, utcnow())
    else:
        genuine = is_v1(secrets, signed, headers.get("X-HubSpot-Signature"))
    if not genuine:
        log.warning("hubspot_webhook_refused", reason="signature")
        abort(Response(status=401))


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
