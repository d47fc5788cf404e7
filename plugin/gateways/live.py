"""The live gateways, created once by the factory."""

from collections.abc import Callable, Sequence
from datetime import datetime

from plugin.core.clock import utcnow
from plugin.gateways import Gateways, Meter
from plugin.gateways.hubspot.client import Renew
from plugin.gateways.hubspot.gateway import LiveHubSpot
from plugin.gateways.line.gateway import LiveLine
from plugin.gateways.line.shop import LiveLineShop
from plugin.gateways.line_login.gateway import LiveLineLogin
from plugin.gateways.mail import LiveMail, MailServer
from plugin.gateways.media_store import media_store
from plugin.gateways.own_address import LiveOwnAddress
from plugin.gateways.receivers import LiveReceivers
from plugin.settings import Settings


def live_gateways(
    settings: Settings,
    meter: Meter,
    before_call: Callable[[], None],  # raises where no call may be made: in a transaction
    *,
    required_scopes: Sequence[str],
    optional_scopes: Sequence[str] = (),
    clock: Callable[[], datetime] = utcnow,
    renew: Renew | None = None,
) -> Gateways:
    """Create the gateways for the settings' addresses. The scopes are those of `hubspot-app.json`;
    `renew` returns another token for a portal whose token HubSpot refused."""
    return Gateways(
        hubspot=LiveHubSpot(
            api_base=settings.hubspot_api_base,
            authorize_base=settings.hubspot_authorize_base,
            client_id=settings.hubspot_client_id,
            client_secret=settings.hubspot_client_secret,
            required_scopes=required_scopes,
            optional_scopes=optional_scopes,
            meter=meter,
            before_call=before_call,
            clock=clock,
            renew=renew,
        ),
        line=LiveLine(
            api_base=settings.line_api_base,
            data_base=settings.line_data_api_base,
            meter=meter,
            before_call=before_call,
            clock=clock,
        ),
        line_shop=LiveLineShop(settings.line_shop_base, before_call),
        line_login=_line_login(settings, meter, before_call, clock),
        media=media_store(settings.media_url, before_call),
        own_address=LiveOwnAddress(before_call),
        receivers=LiveReceivers(settings.webhook_private_networks, before_call),
        mail=_mail(settings, before_call),
    )


def _line_login(
    settings: Settings,
    meter: Meter,
    before_call: Callable[[], None],
    clock: Callable[[], datetime],
) -> LiveLineLogin:
    return LiveLineLogin(
        api_base=settings.line_api_base,
        access_base=settings.line_access_base,
        meter=meter,
        before_call=before_call,
        clock=clock,
    )


def _mail(settings: Settings, before_call: Callable[[], None]) -> LiveMail | None:
    if not settings.smtp_url:
        return None
    return live_mail(lambda: settings.smtp_url, settings, before_call)


def live_mail(
    url: Callable[[], str], settings: Settings, before_call: Callable[[], None]
) -> LiveMail:
    """Send mail through the server at `url()`, which is read for each message."""
    return LiveMail(lambda: MailServer.of(url()), settings.mail_from, before_call)
