"""Handlers of all job kinds. One step does one bounded batch of work."""

from collections.abc import Callable, Sequence
from datetime import datetime

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.audience.value_indexes import adjust_indexes
from plugin.models.system.job import Claimed
from plugin.services import Dependencies
from plugin.services.actions.ask_question import close_question
from plugin.services.actions.expire import expire_calls
from plugin.services.actions.queue import run_queued
from plugin.services.actions.switch_rich_menu import perform_switch
from plugin.services.broadcasts.campaigns import write_spend
from plugin.services.broadcasts.goals import look_at_goal
from plugin.services.broadcasts.job.send import send_broadcast
from plugin.services.broadcasts.job.sweep import sweep_broadcasts
from plugin.services.broadcasts.opens import read_opens
from plugin.services.broadcasts.plan_measures import plan_measures
from plugin.services.broadcasts.reconcile_sends import compare_sends
from plugin.services.connections.access_token import refresh_ahead
from plugin.services.connections.removal import remove_hubspot
from plugin.services.conversations.content import fetch_content
from plugin.services.conversations.retention import delete_old_messages
from plugin.services.executions.callbacks import complete_callbacks
from plugin.services.friends.bulk_tags import tag_batch
from plugin.services.friends.line_events import handle_line_events
from plugin.services.friends.profiles import read_profiles
from plugin.services.friends.search_terms import write_search_terms
from plugin.services.friends.tag_counts import check_tags, fold_tags
from plugin.services.imports.finish import write_imported
from plugin.services.imports.friend_import import import_friends
from plugin.services.imports.run import import_list
from plugin.services.inbox.notify import notify_of_waiting
from plugin.services.inbox.read_marks import mark_as_read
from plugin.services.linkage.conflicts import check_conflict
from plugin.services.linkage.deauthorize import deauthorize
from plugin.services.login_flow.visitor_hint import suggest_contact
from plugin.services.media.removal import forget_media
from plugin.services.message_templates.template_drafts import discard_forgotten
from plugin.services.outgoing.erasure import delete_old_events, delete_removed
from plugin.services.outgoing.relay import relay_line
from plugin.services.outgoing.send import send_webhooks
from plugin.services.personal_links.bulk import bulk_issue
from plugin.services.personal_links.keep import keep_lists
from plugin.services.segments.list_export import export_list
from plugin.services.sending.deliver import deliver
from plugin.services.sending.deliver_batch import deliver_many
from plugin.services.sending.quota import enqueue_readings, read_quota
from plugin.services.sync.changed_contacts import read_created
from plugin.services.sync.hubspot_events import handle_hubspot_events
from plugin.services.sync.properties import ensure_properties
from plugin.services.sync.pull import check_contacts
from plugin.services.sync.push import write_contacts
from plugin.services.sync.reconcile import plan_reconciles, reconcile
from plugin.services.sync.synced_choice import forget_removed
from plugin.services.sync.synced_lists import sync_list
from plugin.services.sync.synced_schedule import plan_syncs
from plugin.services.sync.synced_values import sync_contacts
from plugin.services.system.activity import check_counts, fold_activity
from plugin.services.system.retention import delete_expired, truncate_log

# A step returns None when the job is done, or the time of its next step; it raises to be retried.
Handler = Callable[[Dependencies, Claimed], datetime | None]
# Several jobs of one kind in one step; by key: None, a time, or the error of this job.
BatchHandler = Callable[[Dependencies, Sequence[int]], dict[int, datetime | GatewayError | None]]


def _repeat(service: Callable[[Dependencies, int], object]) -> Handler:
    """Wrap a service that takes the id in the job's key and returns whether more is pending."""

    def step(deps: Dependencies, job: Claimed) -> datetime | None:
        return utcnow() if service(deps, int(job.key)) else None

    return step


def _repeat_at(service: Callable[[Dependencies, int], datetime | None]) -> Handler:
    return lambda deps, job: service(deps, int(job.key))


def _without_gateways(service: Callable[[int], bool]) -> Handler:
    return _repeat(lambda _, key: service(key))


def _deliver(deps: Dependencies, job: Claimed) -> datetime | None:
    return deliver(deps, int(job.key))


def _read_quotas(_: Dependencies, __: Claimed) -> datetime | None:
    enqueue_readings()
    return None


def _plan_measures(_: Dependencies, __: Claimed) -> datetime | None:
    plan_measures()
    return None


def _complete_callbacks(deps: Dependencies, job: Claimed) -> datetime | None:
    return utcnow() if complete_callbacks(deps, int(job.key), job.owner) else None


def _read_created(deps: Dependencies, job: Claimed) -> datetime | None:
    read_created(deps, job)
    return None


def _deauthorize(deps: Dependencies, job: Claimed) -> datetime | None:
    deauthorize(deps, int(job.key), int(job.payload["contact"]))
    return None


def _delete_old(_: Dependencies, __: Claimed) -> datetime | None:
    more = [delete_expired(), delete_old_messages(), discard_forgotten(), delete_old_events()]
    return utcnow() if any(more) else None


HANDLERS: dict[str, Handler] = {
    "deliver": _deliver,
    "send_broadcast": _repeat_at(send_broadcast),
    "sweep_broadcasts": lambda _, job: sweep_broadcasts(),
    "line_inbox": _without_gateways(handle_line_events),
    "hubspot_inbox": _without_gateways(handle_hubspot_events),
    "write_contacts": _repeat(write_contacts),
    "check_contacts": _repeat(check_contacts),
    "created_contacts": _read_created,
    "check_conflict": _repeat(check_conflict),
    "suggest_contact": _repeat(suggest_contact),
    "deauthorize": _deauthorize,
    "reconcile": _repeat(reconcile),
    "plan_reconciles": lambda _, job: plan_reconciles(),
    "remove_hubspot": _repeat(remove_hubspot),
    "run_taken": run_queued,
    "complete_callbacks": _complete_callbacks,
    "switch_rich_menu": lambda deps, job: perform_switch(deps, int(job.key)),
    "close_question": lambda _, job: close_question(int(job.key)),
    "sweep_calls": lambda _, job: utcnow() if expire_calls() else None,
    "refresh_token": _repeat(refresh_ahead),
    "read_profiles": _repeat(read_profiles),
    "prepare_list": _repeat_at(bulk_issue),
    "sync_contacts": _repeat_at(sync_contacts),
    "sync_list": _repeat_at(sync_list),
    "plan_syncs": lambda _, job: plan_syncs(),
    "forget_removed": _without_gateways(forget_removed),
    "adjust_indexes": lambda _, job: utcnow() if adjust_indexes() else None,
    "export_list": _repeat_at(export_list),
    "forget_media": _repeat(forget_media),
    "tag_many": _without_gateways(tag_batch),
    "write_search_terms": lambda _, job: utcnow() if write_search_terms() else None,
    "fold_activity": lambda _, job: utcnow() if fold_activity() | fold_tags() else None,
    "check_counts": _without_gateways(lambda id_: check_counts(id_) | check_tags(id_)),
    "send_webhooks": _repeat_at(send_webhooks),
    "remove_receiver": lambda _, job: delete_removed(int(job.key)),
    "relay_line": _repeat_at(relay_line),
    "fetch_content": _repeat_at(fetch_content),
    "mark_as_read": _repeat_at(mark_as_read),
    "notify_of_waiting": lambda deps, job: notify_of_waiting(deps),
    "read_quota": _repeat_at(read_quota),
    "read_quotas": _read_quotas,
    "ensure_properties": _repeat(ensure_properties),
    "plan_measures": _plan_measures,
    "read_opens": _repeat(read_opens),
    "compare_sends": _repeat(compare_sends),
    "look_at_goal": look_at_goal,
    "write_spend": _repeat_at(write_spend),
    "import_list": _repeat_at(import_list),
    "import_friends": _repeat_at(import_friends),
    "write_imported": _repeat_at(write_imported),
    "keep_lists": lambda _, job: keep_lists(),
    "truncate_log": lambda _, job: truncate_log(),
    "housekeeping": _delete_old,
}
BATCH_HANDLERS: dict[str, BatchHandler] = {"deliver": deliver_many}
