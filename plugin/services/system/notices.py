"""Problems that the operator should know of although Musubi answers all requests."""

from datetime import timedelta

import structlog
from sqlalchemy import func, select

from plugin.models.base import db
from plugin.models.clock import MAX_SKEW, clock_skew
from plugin.models.connections.installation import ACTIVE, Installation

log = structlog.get_logger()


def notices() -> list[str]:
    """Return a sentence per problem; none is a reason to route requests elsewhere."""
    skew = clock_skew()
    problems = []
    if abs(skew) > MAX_SKEW:
        problems.append(f"clock: {_seconds(skew)} against the database; set both by NTP")
    if is_our_mistake():
        problems.append(
            "hubspot: refuses most portals; check HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET"
        )
    return problems


def watch_clock() -> None:
    skew = clock_skew()
    if abs(skew) > MAX_SKEW:
        log.warning("clock_differs_from_the_database", ahead_seconds=round(skew.total_seconds(), 1))


def is_our_mistake() -> bool:
    """Whether HubSpot refuses at least two portals and half of all: portals uninstall one by one,
    but a wrong client id or secret is refused for all."""
    counted = select(func.count(Installation.refused_since), func.count(Installation.id))
    refused, connected = db.session.execute(counted.where(Installation.state == ACTIVE)).one()
    return bool(refused >= 2 and refused * 2 >= connected)


def _seconds(skew: timedelta) -> str:
    seconds = round(skew.total_seconds())
    return f"{abs(seconds)} seconds {'ahead' if seconds > 0 else 'behind'}"
