"""What entry points share: dependencies, signature checks, and marks of public routes."""

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import structlog
from flask import Response, abort, current_app, request

from plugin.core.clock import utcnow
from plugin.core.clock_watch import platform_clocks
from plugin.core.security.signatures import SignedRequest, is_v3, signed_at
from plugin.core.text.clean import storable
from plugin.core.text.json_bodies import read_json
from plugin.services import Dependencies

log = structlog.get_logger()
# In the WSGI environment of a call that the door for agents passes on: its `Agent`. No header of a
# call from outside can set it.
CALLING_AGENT = "musubi.agent"


class Agent(NamedTuple):
    """What an agent calls itself, and the tool that it uses."""

    name: str
    tool: str


View = TypeVar("View", bound=Callable[..., object])
# Takes the secrets (newest first), the request, and the header `X-HubSpot-Signature`.
OlderSignature = Callable[[Iterable[str], SignedRequest, str | None], bool]


def get_deps() -> Dependencies:
    deps: Dependencies = current_app.extensions["musubi"]
    return deps


def hubspot_request() -> SignedRequest:
    """Return the request as HubSpot signed it: our configured address, raw path and query."""
    # Never rebuilt from Host or X-Forwarded-* headers, which anybody can send.
    uri = f"{get_deps().settings.base_url}{_raw_target()}"
    return SignedRequest(request.method, uri, request.get_data(cache=True))


def only_hubspot(older: OlderSignature) -> None:
    """Refuse calls without HubSpot's signature: v3 where it came, else `older`."""
    signed, headers = hubspot_request(), request.headers
    secrets = get_deps().settings.hubspot_client_secrets
    v3 = headers.get("X-HubSpot-Signature-v3")
    # A forged v3 header gets no second chance with an older version.
    if v3 is not None:
        timestamp = headers.get("X-HubSpot-Request-Timestamp")
        genuine = is_v3(secrets, signed, v3, timestamp, utcnow())
        _compare_clocks(secrets, signed, v3, timestamp)
    else:
        genuine = older(secrets, signed, headers.get("X-HubSpot-Signature"))
    if not genuine:
        log.warning("hubspot_call_refused", reason="signature", path=request.path)
        abort(Response(status=401))


def signed_json() -> Any:
    """Return the body of a signed call, or None where it cannot be parsed or stored."""
    try:
        return storable(read_json(request.get_data(cache=True)))
    except ValueError:
        return None


def _compare_clocks(
    secrets: Iterable[str], signed: SignedRequest, signature: str, timestamp: str | None
) -> None:
    # A genuine signature proves HubSpot's time, even beyond the tolerance.
    platform_time = signed_at(secrets, signed, signature, timestamp)
    if platform_time is not None and platform_clocks.note(platform_time, time.time()):
        log.error("clock_is_off", seconds=round(platform_clocks.off_seconds), seen="HubSpot's call")


def _raw_target() -> str:
    raw: str = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or ""
    # gunicorn and werkzeug keep the path as it stood on the wire.
    if raw.startswith("/"):
        return raw
    query = request.query_string.decode("latin-1")
    path = quote(request.script_root + request.path)
    return f"{path}?{query}" if query else path


def public_route(proof: str) -> Callable[[View], View]:
    """Mark a route that needs no signed-in person; `proof` names what it checks instead."""

    def mark(view: View) -> View:
        view.public_proof = proof  # type: ignore[attr-defined]
        return view

    return mark


def is_public() -> bool:
    return _has_mark("public_proof")


def of_connection(view: View) -> View:
    """Mark a route that only shows the connection with HubSpot, or ends it."""
    # Once HubSpot has ended the connection, nothing vouches for users and API keys any more: they
    # may open only these routes.
    view.of_connection = True  # type: ignore[attr-defined]
    return view


def is_of_connection() -> bool:
    return _has_mark("of_connection")


def _has_mark(mark: str) -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, mark, ""))
