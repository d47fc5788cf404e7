"""Sends events once more, under the ids that they had."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.outgoing.event import GIVEN_UP, WAITING, EventDelivery, OutgoingEvent
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction

# Events are kept for so long, and can be replayed meanwhile.
EVENTS_KEPT = timedelta(days=14)
BATCH_SIZE = 2000


def replay_one(delivery: EventDelivery) -> None:
    receiver = WebhookReceiver.by_id(delivery.receiver_id)
    if receiver is not None:
        _replay(receiver, [delivery.id])


def replay_given_up(receiver: WebhookReceiver) -> int:
    """Replay whatever was given up; return how many events that are."""
    return _replay_all(receiver, EventDelivery.state == GIVEN_UP)


def replay_period(receiver: WebhookReceiver, start: datetime, end: datetime) -> int:
    """Replay the events of a period, delivered or not; return how many they are."""
    happened = select(OutgoingEvent.id).where(OutgoingEvent.at >= start, OutgoingEvent.at < end)
    return _replay_all(
        receiver, EventDelivery.event_id.in_(happened), EventDelivery.state != WAITING
    )


def _replay_all(receiver: WebhookReceiver, *conditions: ColumnElement[bool]) -> int:
    """A batch at a time: who is interrupted asks again, and finds the rest."""
    of_receiver = select(EventDelivery.id).where(
        EventDelivery.receiver_id == receiver.id, *conditions
    )
    last = replayed = 0
    while True:
        batch = of_receiver.where(EventDelivery.id > last).order_by(EventDelivery.id)
        ids = list(db.session.scalars(batch.limit(BATCH_SIZE)))
        if not ids:
            return replayed
        _replay(receiver, ids)
        last, replayed = ids[-1], replayed + len(ids)


def _replay(receiver: WebhookReceiver, delivery_ids: Sequence[int]) -> None:
    now = utcnow()
    values = {
        "state": WAITING, "next_at": now, "replayed_at": now, "attempts": 0,
        "first_tried_at": None, "settled_at": None,
    }  # fmt: skip
    statement = update(EventDelivery).where(EventDelivery.id.in_(delivery_ids))
    with transaction():
        affected(statement.values(values).execution_options(synchronize_session=False))
        enqueue("send_webhooks", receiver.id, receiver.installation_id)
