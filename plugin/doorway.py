"""What every door needs: the way to the services, and the mark of a route that is open."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import quote

import structlog
from flask import Response, abort, current_app, request

from plugin.core.clock import utcnow
from plugin.core.signatures import SignedRequest, is_v3
from plugin.services import Outside

log = structlog.get_logger()
View = TypeVar("View", bound=Callable[..., object])
# Of secrets (newest first), the request, and what `X-HubSpot-Signature` says.
OlderSignature = Callable[[Iterable[str], SignedRequest, str | None], bool]


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


def only_hubspot(older: OlderSignature) -> None:
    """Refuse what HubSpot did not sign: v3 where it came, else `older`; over the raw bytes.

    Who forges a v3 header does not get a second chance with an older kind.
    """
    signed, headers = hubspot_request(), request.headers
    secrets = outside().settings.hubspot_client_secrets
    v3 = headers.get("X-HubSpot-Signature-v3")
    if v3 is not None:
        timestamp = headers.get("X-HubSpot-Request-Timestamp")
        genuine = is_v3(secrets, signed, v3, timestamp, utcnow())
    else:
        genuine = older(secrets, signed, headers.get("X-HubSpot-Signature"))
    if not genuine:
        log.warning("hubspot_call_refused", reason="signature", path=request.path)
        abort(Response(status=401))


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
