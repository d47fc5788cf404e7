"""Which service does which kind of job. One step does one bounded piece.

A step answers None for "done", or the moment of its next piece; it raises to be tried again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.job import Claimed
from plugin.services import Outside
from plugin.services.check_contacts import check_contacts
from plugin.services.close_question import close_question
from plugin.services.complete_callbacks import complete_callbacks
from plugin.services.conflicts import check_conflict
from plugin.services.created_contacts import look_at_created
from plugin.services.deauthorize import deauthorize
from plugin.services.deliver import deliver
from plugin.services.deliver_many import deliver_many
from plugin.services.housekeeping import housekeeping
from plugin.services.hubspot_inbox import handle_hubspot_events
from plugin.services.import_friends import import_friends
from plugin.services.import_list import import_list
from plugin.services.install import ensure_properties
from plugin.services.line_inbox import handle_line_events
from plugin.services.portal_access import refresh_ahead
from plugin.services.prepare_list import prepare_list
from plugin.services.quota import plant_readings, read_quota
from plugin.services.read_profiles import read_profiles
from plugin.services.reconcile import plan_reconciles, reconcile
from plugin.services.remove_hubspot import remove_hubspot
from plugin.services.run_taken import run_taken
from plugin.services.suggest_contact import suggest_contact
from plugin.services.sweep_calls import sweep_calls
from plugin.services.switch_rich_menu import do_switch
from plugin.services.tag_many import tag_some
from plugin.services.write_contacts import write_contacts
from plugin.services.write_imported import write_imported

Step = Callable[[Outside, Claimed], datetime | None]
# Several jobs of one kind in one step: by key, None, a moment, or the error of this one.
Bundle = Callable[[Outside, Sequence[int]], dict[int, datetime | GatewayError | None]]


def _while_more(service: Callable[[Outside, int], object]) -> Step:
    """A step of a service that takes the id in the job's key and answers whether more is owed."""

    def step(outside: Outside, job: Claimed) -> datetime | None:
        return utcnow() if service(outside, int(job.key)) else None

    return step


def _again_at(service: Callable[[Outside, int], datetime | None]) -> Step:
    """The same for a service that answers when more is due."""
    return lambda outside, job: service(outside, int(job.key))


def _alone(service: Callable[[int], bool]) -> Step:
    """The same for a service that calls nobody outside."""
    return _while_more(lambda _, key: service(key))


def _deliver(outside: Outside, job: Claimed) -> datetime | None:
    return deliver(outside, int(job.key))


def _read_quotas(_: Outside, __: Claimed) -> datetime | None:
    plant_readings()
    return None


def _look_at_created(outside: Outside, job: Claimed) -> datetime | None:
    look_at_created(outside, job)
    return None


def _deauthorize(outside: Outside, job: Claimed) -> datetime | None:
    deauthorize(outside, int(job.key), int(job.payload["contact"]))
    return None


STEPS: dict[str, Step] = {
    "deliver": _deliver,
    "line_inbox": _alone(handle_line_events),
    "hubspot_inbox": _alone(handle_hubspot_events),
    "write_contacts": _while_more(write_contacts),
    "check_contacts": _while_more(check_contacts),
    "created_contacts": _look_at_created,
    "check_conflict": _while_more(check_conflict),
    "suggest_contact": _while_more(suggest_contact),
    "deauthorize": _deauthorize,
    "reconcile": _while_more(reconcile),
    "plan_reconciles": lambda _, job: plan_reconciles(),
    "remove_hubspot": _while_more(remove_hubspot),
    "run_taken": _again_at(run_taken),
    "complete_callbacks": _while_more(complete_callbacks),
    "switch_rich_menu": lambda outside, job: do_switch(outside, int(job.key)),
    "close_question": lambda _, job: close_question(int(job.key)),
    "sweep_calls": lambda _, job: utcnow() if sweep_calls() else None,
    "refresh_token": _while_more(refresh_ahead),
    "read_profiles": _while_more(read_profiles),
    "prepare_list": _again_at(prepare_list),
    "tag_many": _alone(tag_some),
    "read_quota": _while_more(read_quota),
    "read_quotas": _read_quotas,
    "ensure_properties": _while_more(ensure_properties),
    "import_list": _again_at(import_list),
    "import_friends": _again_at(import_friends),
    "write_imported": _again_at(write_imported),
    "housekeeping": lambda _, job: utcnow() if housekeeping() else None,
}
BUNDLES: dict[str, Bundle] = {"deliver": deliver_many}
