"""Erases people from events that are kept, and deletes what is old or of removed receivers."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, delete, func, or_, select, update

from plugin.core.clock import utcnow
from plugin.core.webhooks.schedule import EVENTS_KEPT
from plugin.models.base import db
from plugin.models.outgoing.event import DELIVERED, EventDelivery, OutgoingEvent
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.models.sql import one_of
from plugin.models.transaction import affected, transaction

log = structlog.get_logger()
BATCH_SIZE = 1000
# No transaction lasts longer that read a receiver before its removal, and still tells it something.
LONGEST_TRANSACTION = timedelta(minutes=1)
NO_SYNC = {"synchronize_session": False}


def hold_receivers(installation_id: int) -> None:
    """Lock a tenant's receivers, removed ones too, before people are forgotten in the caller's
    transaction. A receiver is locked before its deliveries everywhere, against deadlocks."""
    _hold(WebhookReceiver.installation_id == installation_id)


def forget_friend(friend_id: int) -> None:
    """Leave of a friend's events Musubi's own id and that they were, inside the caller's
    transaction: a receiver that has not heard yet of the unlinking still does."""
    _blank(OutgoingEvent.friend_id == friend_id)


def forget_contacts(installation_id: int, contact_ids: Iterable[int]) -> None:
    """The same for events in which these contacts stand."""
    ids = list(contact_ids)
    named = or_(OutgoingEvent.contact_id.in_(ids), OutgoingEvent.from_contact_id.in_(ids))
    _blank((OutgoingEvent.installation_id == installation_id) & named)


def delete_old_events() -> bool:
    """Delete a batch of events whose time is over, with their deliveries; True: more are left."""
    old = select(OutgoingEvent.id).where(OutgoingEvent.written_at < utcnow() - EVENTS_KEPT)
    ids = db.session.scalars(old.order_by(OutgoingEvent.written_at).limit(BATCH_SIZE)).all()
    if ids:
        of_events = one_of(EventDelivery.event_id, ids)
        with transaction() as session:
            _hold(WebhookReceiver.id.in_(select(EventDelivery.receiver_id).where(of_events)))
            _count_lost(ids)
            affected(delete(EventDelivery).where(of_events).execution_options(**NO_SYNC))
            session.execute(
                delete(OutgoingEvent).where(one_of(OutgoingEvent.id, ids)),
                execution_options=NO_SYNC,
            )
    return len(ids) == BATCH_SIZE


def delete_removed(receiver_id: int) -> datetime | None:
    """Delete a batch of a removed receiver's log, and at last the receiver; return when to go
    on."""
    receiver = db.session.get(WebhookReceiver, receiver_id, populate_existing=True)
    if receiver is None or receiver.removed_at is None:
        return None
    last = receiver.removed_at + LONGEST_TRANSACTION
    of_receiver = select(EventDelivery.id).where(EventDelivery.receiver_id == receiver_id)
    ids = db.session.scalars(of_receiver.limit(BATCH_SIZE)).all()
    if not ids and utcnow() < last:
        return last
    with transaction() as session:
        _hold(WebhookReceiver.id == receiver_id)
        if ids:
            log_rows = delete(EventDelivery).where(one_of(EventDelivery.id, ids))
            session.execute(log_rows, execution_options=NO_SYNC)
            return utcnow()
        session.delete(receiver)
    return None


def _hold(condition: ColumnElement[bool]) -> None:
    receivers = select(WebhookReceiver.id).where(condition).order_by(WebhookReceiver.id)
    db.session.scalars(receivers.with_for_update(key_share=True)).all()


def _count_lost(event_ids: Sequence[int]) -> None:
    """Note with each receiver what it never took."""
    lost = (
        select(EventDelivery.receiver_id, func.count())
        .where(one_of(EventDelivery.event_id, event_ids), EventDelivery.state != DELIVERED)
        .group_by(EventDelivery.receiver_id)
        .order_by(EventDelivery.receiver_id)
    )
    for receiver_id, count in db.session.execute(lost).tuples().all():
        receiver = WebhookReceiver.held(receiver_id)
        if receiver is not None:
            receiver.lost, receiver.lost_at = receiver.lost + count, utcnow()
            log.warning("webhook_events_lost", receiver_id=receiver_id, count=count)


def _blank(condition: ColumnElement[bool]) -> None:
    events = db.session.scalars(select(OutgoingEvent).where(condition)).all()
    for event in events:
        names = event.data.keys() & {"official_account", "friend"}
        event.data = {**{name: event.data[name] for name in sorted(names)}, "erased": True}
        event.contact_id = event.from_contact_id = None
    answers = update(EventDelivery).where(
        one_of(EventDelivery.event_id, [event.id for event in events])
    )
    affected(answers.values(answer="").execution_options(**NO_SYNC))
