"""A portal's own facts, and the app leaving it."""

from plugin.sandbox.hubspot.answers import Answer, not_found
from plugin.sandbox.hubspot.api import Call, operation
from plugin.sandbox.hubspot.tokens import uninstall


@operation("GET", "/account-info/2026-09/details", "oauth")
def details(call: Call) -> Answer:
    """`uiDomain` carries the sandbox's path, so that record links open the stand-in's page."""
    portal = call.world.store.get("portal", call.portal)
    if portal is None:
        raise not_found()
    host = call.world.config.base_url.partition("://")[2]
    return {
        "portalId": call.portal,
        "accountType": "STANDARD",
        "timeZone": portal["time_zone"],
        "companyCurrency": "JPY",
        "additionalCurrencies": [],
        "utcOffset": "+09:00",
        "utcOffsetMilliseconds": 9 * 3600 * 1000,
        "uiDomain": f"{host}/hubspot-app",
        "dataHostingLocation": "na1",
    }, 200


@operation("DELETE", "/appinstalls/2026-09/external-install")
def leave(call: Call) -> Answer:
    """Uninstalls; HubSpot would mail the admins."""
    uninstall(call.world, call.portal)
    return None, 204
