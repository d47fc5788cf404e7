"""What every door needs: the way to the services, and the mark of a route that is open."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

from flask import current_app, request

from plugin.core.signatures import SignedRequest
from plugin.services import Outside

View = TypeVar("View", bound=Callable[..., object])


def outside() -> Outside:
    """What the factory wired: settings and gateways."""
    found: Outside = current_app.extensions["musubi"]
    return found


def hubspot_request() -> SignedRequest:
    """The request as HubSpot signed it: our configured public address, and the raw path, query.

    Never rebuilt from Host or X-Forwarded-* headers, which anybody can send.
    """
    uri = f"{outside().settings.base_url}{_raw_target()}"
    return SignedRequest(request.method, uri, request.get_data(cache=True))


def _raw_target() -> str:
    """Path and query as they stood on the wire, where the server tells (gunicorn, werkzeug)."""
    raw: str = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or ""
    if raw.startswith("/"):
        return raw
    query = request.query_string.decode("latin-1")
    path = quote(request.script_root + request.path)
    return f"{path}?{query}" if query else path


def open_to_strangers(proof: str) -> Callable[[View], View]:
    """Mark a route that needs no signed-in person; `proof` says what it checks instead.

    A door's guard refuses every route without this mark; a test holds the list of those with it.
    """

    def mark(view: View) -> View:
        view.open_to_strangers = proof  # type: ignore[attr-defined]
        return view

    return mark


def is_open() -> bool:
    """Whether the route that is being asked for carries the mark."""
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, "open_to_strangers", ""))
