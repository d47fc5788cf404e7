"""Which service does which kind of job. One step does one bounded piece.

A step answers None for "done", or the moment of its next piece; it raises to be tried again.
"""

from collections.abc import Callable
from datetime import datetime

from plugin.core.clock import utcnow
from plugin.models.job import Claimed
from plugin.services import Outside
from plugin.services.complete_callbacks import complete_callbacks
from plugin.services.deliver import deliver
from plugin.services.housekeeping import housekeeping
from plugin.services.hubspot_inbox import handle_hubspot_events
from plugin.services.install import ensure_properties
from plugin.services.line_inbox import handle_line_events
from plugin.services.portal_access import refresh_ahead
from plugin.services.read_profiles import read_profiles
from plugin.services.write_contacts import write_contacts

Step = Callable[[Outside, Claimed], datetime | None]


def _while_more(service: Callable[[Outside, int], object]) -> Step:
    """A step of a service that takes the id in the job's key and answers whether more is owed."""

    def step(outside: Outside, job: Claimed) -> datetime | None:
        return utcnow() if service(outside, int(job.key)) else None

    return step


def _alone(service: Callable[[int], bool]) -> Step:
    """The same for a service that calls nobody outside."""
    return _while_more(lambda _, key: service(key))


def _deliver(outside: Outside, job: Claimed) -> datetime | None:
    return deliver(outside, int(job.key))


STEPS: dict[str, Step] = {
    "deliver": _deliver,
    "line_inbox": _alone(handle_line_events),
    "hubspot_inbox": _alone(handle_hubspot_events),
    "write_contacts": _while_more(write_contacts),
    "complete_callbacks": _while_more(complete_callbacks),
    "refresh_token": _while_more(refresh_ahead),
    "read_profiles": _while_more(read_profiles),
    "ensure_properties": _while_more(ensure_properties),
    "housekeeping": lambda _, job: utcnow() if housekeeping() else None,
}
