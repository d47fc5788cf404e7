"""HubSpot, live: hubspot-api-client behind the gate of `hubspot_client`."""

from collections.abc import Callable, Sequence
from datetime import datetime

from plugin.core.clock import utcnow
from plugin.gateways import Meter
from plugin.gateways.hubspot_callbacks import CallbackCalls
from plugin.gateways.hubspot_client import HubSpotClient
from plugin.gateways.hubspot_contacts import ContactCalls
from plugin.gateways.hubspot_lists import ListCalls
from plugin.gateways.hubspot_oauth import HubSpotApp, OAuthCalls
from plugin.gateways.hubspot_properties import PropertyCalls
from plugin.gateways.pool import Timeouts


class LiveHubSpot(OAuthCalls, ContactCalls, PropertyCalls, ListCalls, CallbackCalls):
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
    ) -> None:
        client = HubSpotClient(
            api_base,
            meter=meter,
            before_call=before_call,
            clock=clock,
            timeouts=timeouts or Timeouts(),
        )
        app = HubSpotApp(
            client_id, client_secret, authorize_base, tuple(required_scopes), tuple(optional_scopes)
        )
        super().__init__(client, app)
