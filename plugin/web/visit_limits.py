"""Rate limits of the public pages, by network address."""

import structlog
from flask import current_app, request

from plugin.core.visit_limits import Rate, VisitLimiter
from plugin.guards import get_deps
from plugin.trusted_proxies import visitor_network

log = structlog.get_logger()
# The network of a shop or a mobile carrier may bring hundreds of friends within a minute.
RATE = Rate(burst=600, per_second=10)
# A post writes a row; a look writes none.
PRESS, LOOK = 5, 1


def seconds_to_wait() -> int:
    """Count this visit, and return the seconds to wait before the next, 0 for none."""
    network = visitor_network(
        request.remote_addr or "",
        request.headers.get("X-Forwarded-For", ""),
        get_deps().settings.trusted_proxies,
    )
    if not network:
        return 0
    limiter: VisitLimiter = current_app.extensions["musubi_visits"]
    wait = limiter.take(network, LOOK if request.method in ("GET", "HEAD") else PRESS)
    if wait:
        log.info("visit_refused", endpoint=request.endpoint, wait=wait)
    return wait
