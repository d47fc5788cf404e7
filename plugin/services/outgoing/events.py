"""Writes the events that receivers chose, in the transaction of their cause."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from plugin.core.clock import utcnow
from plugin.core.security.webhook_signatures import new_event_key
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.outgoing.event import WAITING, EventDelivery, OutgoingEvent
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.models.sql import insert_rows
from plugin.models.system.job import enqueue_many


class Happened(NamedTuple):
    """`friend_id`: whose events stay in order; None: of no single friend."""

    at: datetime
    data: dict[str, Any]
    friend_id: int | None = None


def announce(installation: Installation, event_type: str, happened: Callable[[], Happened]) -> None:
    """Write an event for whoever listens, inside the caller's transaction. Where nobody does,
    nothing is asked of the database."""
    if event_type in installation.webhook_events:
        announce_all(installation, event_type, lambda: [happened()])


def announce_all(
    installation: Installation, event_type: str, happened: Callable[[], Sequence[Happened]]
) -> None:
    """`announce` of many at once."""
    if event_type not in installation.webhook_events:
        return
    receivers = [
        receiver
        for receiver in WebhookReceiver.list_owned(installation.id)
        if receiver.active and event_type in receiver.events
    ]
    if receivers:
        write_events(event_type, receivers, happened())


def write_events(
    event_type: str, receivers: Sequence[WebhookReceiver], happened: Sequence[Happened]
) -> list[OutgoingEvent]:
    """Write the events for these receivers of one tenant, inside the caller's transaction."""
    tenant_id, now = receivers[0].installation_id, utcnow()
    events = [
        OutgoingEvent(
            installation_id=tenant_id, key=new_event_key(), type=event_type, at=each.at,
            written_at=now, friend_id=each.friend_id, data=each.data,
            contact_id=_contact(each.data, "contact_id"),
            from_contact_id=_contact(each.data, "from_contact_id"),
        )
        for each in happened
    ]  # fmt: skip
    db.session.add_all(events)
    db.session.flush()
    rows = [
        {
            "receiver_id": receiver.id, "event_id": event.id, "friend_id": event.friend_id,
            "state": WAITING, "next_at": now, "attempts": 0, "duration_ms": 0, "status": 0,
            "error": "", "answer": "",
        }
        for receiver in receivers
        for event in events
    ]  # fmt: skip
    if rows:
        db.session.execute(insert_rows(EventDelivery), rows)
        enqueue_many("send_webhooks", [(receiver.id, {}) for receiver in receivers], tenant_id)
    return events


def _contact(data: dict[str, Any], name: str) -> int | None:
    text = data.get(name)
    return int(text) if text else None
