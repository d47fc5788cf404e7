"""Sends events once more, under the ids that they had."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select, update

from plugin.core.clock import utcnow
from plugin.core.text.sentences import Sentence
from plugin.models.base import db
from plugin.models.outgoing.event import GIVEN_UP, WAITING, EventDelivery, OutgoingEvent
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.models.sql import one_of
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction
from plugin.services.outgoing.receivers import SwitchedOff, held_called

BATCH_SIZE = 2000
# A person, or a program, waits meanwhile.
MOST_AT_ONCE = 20_000


class TooMany(Exception):
    """A period has more events than one call sends again; none was."""

    def __init__(self) -> None:
        self.problem = Sentence(
            "These are more than %(most)d events. Choose a shorter time.", most=MOST_AT_ONCE
        )
        super().__init__(str(self.problem))


def replay_one(delivery: EventDelivery) -> None:
    """This and the others raise `ReceiverGone` or `SwitchedOff`."""
    _replay(delivery.receiver_id, [delivery.id])


def replay_given_up(receiver: WebhookReceiver) -> int:
    """Replay what was given up, the oldest first; return how many events that are. Of more than
    `MOST_AT_ONCE` the rest stays given up."""
    _check_called(receiver)
    given_up = select(EventDelivery.id).where(
        EventDelivery.receiver_id == receiver.id, EventDelivery.state == GIVEN_UP
    )
    return _replay_all(receiver.id, _ids(given_up, MOST_AT_ONCE))


def replay_period(receiver: WebhookReceiver, start: datetime, end: datetime) -> int:
    """Replay the events of a period, delivered or not; return how many they are. Raise
    `TooMany`."""
    _check_called(receiver)
    happened = (
        select(EventDelivery.id)
        .join(OutgoingEvent, OutgoingEvent.id == EventDelivery.event_id)
        .where(
            OutgoingEvent.installation_id == receiver.installation_id,
            OutgoingEvent.at >= start,
            OutgoingEvent.at < end,
            EventDelivery.receiver_id == receiver.id,
            EventDelivery.state != WAITING,
        )
    )
    ids = _ids(happened, MOST_AT_ONCE + 1)
    if len(ids) > MOST_AT_ONCE:
        raise TooMany
    return _replay_all(receiver.id, ids)


def _check_called(receiver: WebhookReceiver) -> None:
    """Say so also where there is nothing to send."""
    if not receiver.is_called:
        raise SwitchedOff


def _ids(found: Select[tuple[int]], most: int) -> Sequence[int]:
    return db.session.scalars(found.order_by(EventDelivery.id).limit(most)).all()


def _replay_all(receiver_id: int, delivery_ids: Sequence[int]) -> int:
    """A batch at a time: who is interrupted asks again, and finds the rest."""
    for start in range(0, len(delivery_ids), BATCH_SIZE):
        _replay(receiver_id, delivery_ids[start : start + BATCH_SIZE])
    return len(delivery_ids)


def _replay(receiver_id: int, delivery_ids: Sequence[int]) -> None:
    now = utcnow()
    values = {
        "state": WAITING, "next_at": now, "replayed_at": now, "attempts": 0,
        "first_tried_at": None, "settled_at": None,
    }  # fmt: skip
    statement = update(EventDelivery).where(one_of(EventDelivery.id, delivery_ids))
    with transaction():
        receiver = held_called(receiver_id)
        affected(statement.values(values).execution_options(synchronize_session=False))
        enqueue("send_webhooks", receiver.id, receiver.installation_id)
