"""Whose key it is and what it opens."""

from flask import g, request

from plugin.api.problems import Problem
from plugin.doorway import is_open
from plugin.models.installation import ApiKey, Installation
from plugin.services.api_keys import key_of

SAFE = ("GET", "HEAD", "OPTIONS")


def guard() -> None:
    """Refuse whoever shows no key, or writes with a reader's."""
    if is_open():
        return
    key = _shown_key()
    installation = Installation.by_id(key.installation_id) if key else None
    if key is None or installation is None:
        raise Problem(
            401,
            "no_key",
            "Send an API key of yours: Authorization: Bearer <key>.",
            headers={"WWW-Authenticate": 'Bearer realm="Musubi"'},
        )
    if request.method not in SAFE and key.role != "admin":
        raise Problem(403, "read_only", "This key may only read. Use a key with the role admin.")
    g.api_key, g.installation = key, installation


def tenant() -> Installation:
    """The Installation whose key was shown."""
    installation: Installation = g.installation
    return installation


def actor() -> str:
    """How the ledger names this program: by the first letters of its key."""
    key: ApiKey = g.api_key
    return f"API key {key.prefix}"


def _shown_key() -> ApiKey | None:
    shown = request.authorization
    if shown is None or shown.type != "bearer" or not shown.token:
        return None
    return key_of(shown.token)
