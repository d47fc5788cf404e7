"""Authentication by API key, and what a key may do."""

from flask import g, request

from plugin.api.problems import Problem
from plugin.guards import is_of_connection, is_public
from plugin.models.connections.api_key import ApiKey
from plugin.models.connections.installation import (
    DISCONNECTED,
    REMOVED,
    REMOVING,
    Installation,
)
from plugin.services.system.api_keys import key_of

CLOSED = {
    DISCONNECTED: "HubSpot has ended the connection of this portal, so this key opens nothing."
    " Install Musubi into HubSpot again; the same key works then.",
    REMOVING: "HubSpot is being removed from Musubi, so this key opens nothing.",
    REMOVED: "HubSpot was removed from Musubi, so this key opens nothing."
    " Install Musubi into HubSpot again; the same key works then.",
}
SAFE = ("GET", "HEAD", "OPTIONS")


def guard() -> None:
    if is_public():
        return
    key = _presented_key()
    installation = Installation.by_id(key.installation_id) if key else None
    if key is None or installation is None:
        raise Problem(
            401,
            "no_key",
            "Send an API key of yours: Authorization: Bearer <key>.",
            headers={"WWW-Authenticate": 'Bearer realm="Musubi"'},
        )
    _check_connection(installation)
    if request.method not in SAFE and key.role != "admin":
        raise Problem(403, "read_only", "This key may only read. Use a key with the role admin.")
    g.api_key, g.installation = key, installation


def _check_connection(installation: Installation) -> None:
    # A disconnected tenant may still look at the connection, and remove it with all its data.
    if is_of_connection() or installation.state not in CLOSED:
        return
    raise Problem(403, "disconnected", CLOSED[installation.state])


def tenant() -> Installation:
    installation: Installation = g.installation
    return installation


def actor() -> str:
    """Return this program's name in the linkage history: the key's prefix."""
    key: ApiKey = g.api_key
    return f"API key {key.prefix}"


def _presented_key() -> ApiKey | None:
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer" or not authorization.token:
        return None
    return key_of(authorization.token)
