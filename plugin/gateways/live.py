"""The live gateways, made once by the factory."""

from collections.abc import Callable, Sequence
from datetime import datetime

from plugin.core.clock import utcnow
from plugin.gateways import Gateways, Meter
from plugin.gateways.hubspot import LiveHubSpot
from plugin.gateways.line import LiveLine
from plugin.gateways.line_login import LiveLineLogin
from plugin.gateways.mail import LiveMail, MailServer
from plugin.settings import Settings


def live_gateways(
    settings: Settings,
    meter: Meter,
    before_call: Callable[[], None],
    *,
    required_scopes: Sequence[str],
    optional_scopes: Sequence[str] = (),
    clock: Callable[[], datetime] = utcnow,
) -> Gateways:
    """HubSpot and LINE at the settings' addresses. The scopes are those of `hubspot-app.json`.

    `before_call` runs before every network call; it raises where none may be made, such as inside
    a transaction.
    """
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
        ),
        line=LiveLine(
            api_base=settings.line_api_base,
            data_base=settings.line_data_api_base,
            meter=meter,
            before_call=before_call,
            clock=clock,
        ),
        line_login=LiveLineLogin(
            api_base=settings.line_api_base,
            access_base=settings.line_access_base,
            meter=meter,
            before_call=before_call,
            clock=clock,
        ),
        mail=live_mail(lambda: settings.smtp_url, settings, before_call)
        if settings.smtp_url
        else None,
    )


def live_mail(
    url: Callable[[], str], settings: Settings, before_call: Callable[[], None]
) -> LiveMail:
    """Mail through the server at `url`, which is asked for with each letter."""
    return LiveMail(lambda: MailServer.of(url()), settings.mail_from, before_call)
