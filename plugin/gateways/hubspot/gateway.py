"""`HubSpotGateway` over hubspot-api-client."""

from collections.abc import Callable, Sequence
from datetime import datetime

from plugin.core.clock import utcnow
from plugin.gateways import Meter
from plugin.gateways.hubspot.callbacks import CallbackCalls
from plugin.gateways.hubspot.client import HubSpotClient, Renew
from plugin.gateways.hubspot.contacts import ContactCalls
from plugin.gateways.hubspot.lists import ListCalls
from plugin.gateways.hubspot.measures import MeasureCalls
from plugin.gateways.hubspot.oauth import HubSpotApp, OAuthCalls
from plugin.gateways.hubspot.properties import PropertyCalls
from plugin.gateways.hubspot.shapes import ShapeCalls
from plugin.gateways.pool import Timeouts


class LiveHubSpot(
    OAuthCalls, ContactCalls, PropertyCalls, ShapeCalls, ListCalls, CallbackCalls, MeasureCalls
):
    """`HubSpotGateway` over HTTPS. Safe to share between threads."""

    def __init__(
        self,
        *,
        api_base: str,
        authorize_base: str,
        client_id: str,
        client_secret: str,
        required_scopes: Sequence[str],
        optional_scopes: Sequence[str],
        meter: Meter,
        before_call: Callable[[], None],
        clock: Callable[[], datetime] = utcnow,
        timeouts: Timeouts | None = None,
        renew: Renew | None = None,
    ) -> None:
        client = HubSpotClient(
            api_base,
            meter=meter,
            before_call=before_call,
            clock=clock,
            timeouts=timeouts or Timeouts(),
            renew=renew,
        )
        app = HubSpotApp(
            client_id, client_secret, authorize_base, tuple(required_scopes), tuple(optional_scopes)
        )
        super().__init__(client, app)
