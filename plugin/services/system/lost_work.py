"""Finds pending work without a job: its writer died before it could enqueue one."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, String, cast, exists, select
from sqlalchemy.orm import InstrumentedAttribute

from plugin.models.audience.contact_values import WAITING_TO, ContactValues
from plugin.models.base import db
from plugin.models.connections.installation import ACTIVE, Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.outgoing.event import WAITING, EventDelivery
from plugin.models.outgoing.line_relay import RelayedCall
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.models.people.contact import Contact
from plugin.models.sending.action_call import ANSWERED, QUEUED, ActionCall
from plugin.models.system.job import Job, enqueue
from plugin.models.system.webhook_event import HUBSPOT, LINE, WebhookEvent
from plugin.models.transaction import transaction


def enqueue_lost_work() -> None:
    """Enqueue a job per tenant or account with pending work of a kind but no job of that kind."""
    for kind, is_pending in _OF_TENANT.items():
        _enqueue_missing(
            kind, Installation.id, Installation.id, is_pending & (Installation.state == ACTIVE)
        )
    # LINE's events are processed whatever the state of HubSpot.
    _enqueue_missing(
        "line_inbox", OfficialAccount.id, OfficialAccount.installation_id, _unread(LINE)
    )
    _enqueue_missing("relay_line", OfficialAccount.id, OfficialAccount.installation_id, _RELAYED)
    _enqueue_missing("send_webhooks", WebhookReceiver.id, WebhookReceiver.installation_id, _UNSENT)


def _enqueue_missing(
    kind: str,
    key: InstrumentedAttribute[int],
    tenant_id: InstrumentedAttribute[int],
    is_pending: ColumnElement[bool],
) -> None:
    job = exists().where(Job.kind == kind, Job.key == cast(key, String))
    lost = select(key, tenant_id).where(Installation.id == tenant_id, ~job, is_pending)
    rows = db.session.execute(lost).tuples().all()
    if rows:
        with transaction():
            for job_key, installation_id in rows:
                enqueue(kind, job_key, installation_id)


def _call(state: str) -> ColumnElement[bool]:
    return exists().where(ActionCall.installation_id == Installation.id, ActionCall.state == state)


def _contact(is_pending: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Contact.installation_id == Installation.id, is_pending)


def _unread(source: str) -> ColumnElement[bool]:
    owner = OfficialAccount.id if source == LINE else Installation.id
    return exists().where(
        WebhookEvent.source == source,
        WebhookEvent.owner_id == owner,
        WebhookEvent.handled_at.is_(None),
    )


_RELAYED = exists().where(RelayedCall.official_account_id == OfficialAccount.id)
_UNSENT = (
    exists().where(EventDelivery.receiver_id == WebhookReceiver.id, EventDelivery.state == WAITING)
    & WebhookReceiver.active.is_(True)
    & WebhookReceiver.halted_at.is_(None)
)
_OF_TENANT: Mapping[str, ColumnElement[bool]] = {
    "complete_callbacks": _call(ANSWERED),
    "run_taken": _call(QUEUED),
    "write_contacts": _contact(Contact.push_pending.is_(True)),
    "check_contacts": _contact(Contact.pull_pending.is_(True)),
    "hubspot_inbox": _unread(HUBSPOT),
    "sync_contacts": exists().where(
        ContactValues.installation_id == Installation.id, ContactValues.read_at < WAITING_TO
    ),
}
