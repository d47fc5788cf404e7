"""The portal's details, and uninstalling the app."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plugin.sandbox.hubspot.api.answers import Answer, not_found
from plugin.sandbox.hubspot.api.calls import Call, operation
from plugin.sandbox.hubspot.api.tokens import uninstall


@operation("GET", "/account-info/2026-09/details", "oauth")
def details(call: Call) -> Answer:
    # `uiDomain` has the sandbox's path, so that record links open the stand-in's page.
    portal = call.world.store.get("portal", call.portal)
    if portal is None:
        raise not_found()
    now = datetime.fromtimestamp(call.world.clock.now(), ZoneInfo(portal["time_zone"]))
    offset = now.utcoffset() or timedelta(0)
    host = call.world.config.base_url.partition("://")[2]
    return {
        "portalId": call.portal,
        "accountType": "STANDARD",
        "timeZone": portal["time_zone"],
        "companyCurrency": "JPY",
        "additionalCurrencies": [],
        "utcOffset": f"{now:%z}"[:3] + ":" + f"{now:%z}"[3:],
        "utcOffsetMilliseconds": int(offset.total_seconds() * 1000),
        "uiDomain": f"{host}/hubspot-app",
        "dataHostingLocation": "na1",
    }, 200


@operation("DELETE", "/appinstalls/2026-09/external-install")
def leave(call: Call) -> Answer:
    """Uninstall the app; HubSpot would mail the admins."""
    uninstall(call.world, call.portal)
    return None, 204
