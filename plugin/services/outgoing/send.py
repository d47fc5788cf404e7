"""The job of a receiver: sends what is due, in order for each friend, and stores what came of it.

A step may be killed between a call and its outcome: the event then goes out once more, with the
same `webhook-id`.
"""

import random
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import NamedTuple

import structlog

from plugin.core.clock import utcnow
from plugin.core.security.webhook_signatures import signed_headers
from plugin.core.text.clean import storable
from plugin.core.webhooks.schedule import (
    SWITCHED_OFF_AFTER,
    is_given_up,
    next_try,
    rest_of,
)
from plugin.gateways import Outcome
from plugin.models.base import db
from plugin.models.outgoing.event import DELIVERED, GIVEN_UP, EventDelivery
from plugin.models.outgoing.receiver import FAILING, GONE, WebhookReceiver
from plugin.models.transaction import close_reads, in_parallel, transaction
from plugin.services import Dependencies

log = structlog.get_logger()
STEP_SECONDS, CALL_SECONDS = 4.0, 10.0
# Friends whose events are sent to one receiver at the same time.
AT_ONCE = 4
# Deliveries among which the friends whose turn it is are looked for.
WINDOW = 200
# A receiver's row says when the last call went well, to the minute: it is not written at each.
NOTED_SECONDS = 60


class Turn(NamedTuple):
    """A friend's deliveries, one after the other; without a friend, the one delivery."""

    delivery_id: int
    friend_id: int | None


def send_webhooks(deps: Dependencies, receiver_id: int) -> datetime | None:
    """Send for a few seconds; return when to go on, or None where nothing waits."""
    receiver, now = WebhookReceiver.by_id(receiver_id), utcnow()
    if receiver is None or not receiver.is_called:
        return None
    if receiver.rests_until is not None and receiver.rests_until > now:
        return receiver.rests_until
    end = time.monotonic() + STEP_SECONDS
    # One that fails is asked with a single event.
    most = 1 if receiver.failures else AT_ONCE
    turns = list(_turns(EventDelivery.due(receiver_id, now, WINDOW), most))
    if turns:
        sends = [partial(_send_turn, deps, receiver_id, turn, end) for turn in turns]
        for future in in_parallel("webhook", sends):
            future.result()
    return _next(receiver_id)


def _turns(due: Iterable[tuple[int, int | None]], most: int) -> Iterator[Turn]:
    friends = set[int]()
    for delivery_id, friend_id in due:
        if most == 0:
            return
        if friend_id is None or friend_id not in friends:
            yield Turn(delivery_id, friend_id)
            most -= 1
        if friend_id is not None:
            friends.add(friend_id)


def _next(receiver_id: int) -> datetime | None:
    receiver = WebhookReceiver.by_id(receiver_id)
    if receiver is None or not receiver.is_called:
        return None
    due = EventDelivery.next_due(receiver_id)
    if due is None or receiver.rests_until is None:
        return due
    return max(due, receiver.rests_until)


def _send_turn(deps: Dependencies, receiver_id: int, turn: Turn, end: float) -> None:
    while True:
        delivery = _first(receiver_id, turn)
        receiver = WebhookReceiver.by_id(receiver_id)
        if delivery is None or receiver is None or not receiver.is_called:
            return
        if delivery.next_at > utcnow():
            with transaction():
                EventDelivery.wait_behind(delivery)
            return
        is_taken = _send(deps, receiver, delivery)
        if not is_taken or turn.friend_id is None or time.monotonic() > end:
            return


def _first(receiver_id: int, turn: Turn) -> EventDelivery | None:
    if turn.friend_id is None:
        return EventDelivery.waiting_by_id(turn.delivery_id)
    return EventDelivery.first_of_friend(receiver_id, turn.friend_id)


def _send(deps: Dependencies, receiver: WebhookReceiver, delivery: EventDelivery) -> bool:
    now, body = utcnow(), delivery.event.body
    secrets = receiver.valid_secrets(now)
    headers = {
        "Content-Type": "application/json",
        **signed_headers(secrets, delivery.event.key, now, body),
    }
    url, replayed_at = receiver.url, delivery.replayed_at
    close_reads()
    outcome = deps.gateways.receivers.post(url, body, headers, CALL_SECONDS)
    with transaction():
        _store(receiver.id, delivery.id, replayed_at, now, outcome)
    return outcome.is_taken


def _store(
    receiver_id: int, delivery_id: int, replayed_at: datetime | None, tried_at: datetime,
    outcome: Outcome,
) -> None:  # fmt: skip
    # The receiver comes first everywhere, against deadlocks.
    receiver = WebhookReceiver.held(receiver_id)
    delivery = db.session.get(EventDelivery, delivery_id, with_for_update={"of": EventDelivery})
    if receiver is None or delivery is None:
        return
    now = utcnow()
    delivery.attempts += 1
    delivery.tried_at, delivery.duration_ms = tried_at, outcome.duration_ms
    delivery.status, delivery.error = outcome.status, outcome.error
    delivery.answer = _in_words(outcome.answer)
    delivery.first_tried_at = delivery.first_tried_at or tried_at
    # Somebody may have asked for it once more while it was under way.
    if delivery.replayed_at == replayed_at:
        _settle(delivery, outcome, now)
    if outcome.is_taken:
        _note_success(receiver, now)
    else:
        _note_failure(receiver, outcome, now, is_first=delivery.attempts == 1)


def _settle(delivery: EventDelivery, outcome: Outcome, now: datetime) -> None:
    if outcome.is_taken:
        delivery.state, delivery.settled_at = DELIVERED, now
    elif is_given_up(delivery.first_tried_at or now, now):
        delivery.state, delivery.settled_at = GIVEN_UP, now
        log.warning("webhook_given_up", delivery_id=delivery.id, receiver_id=delivery.receiver_id)
    else:
        chance = random.random()  # noqa: S311 - jitter, not a secret
        delivery.next_at = next_try(delivery.attempts, now, chance, outcome.retry_after)


def _note_success(receiver: WebhookReceiver, now: datetime) -> None:
    last = receiver.last_success_at
    if receiver.failures or last is None or (now - last).total_seconds() > NOTED_SECONDS:
        receiver.failures, receiver.failing_since, receiver.rests_until = 0, None, None
        receiver.last_success_at = now


def _note_failure(
    receiver: WebhookReceiver, outcome: Outcome, now: datetime, *, is_first: bool
) -> None:
    # Different events that fail mean the receiver; one that fails again has pauses of its own.
    receiver.failures = max(receiver.failures + is_first, 1)
    receiver.failing_since = receiver.failing_since or now
    receiver.last_failure_at = now
    receiver.last_error, receiver.last_status = outcome.error, outcome.status
    receiver.rests_until = rest_of(receiver.failures, now)
    # RFC 9110: the address is gone for good.
    is_gone = outcome.status == 410
    if is_gone or now - receiver.failing_since >= SWITCHED_OFF_AFTER:
        receiver.halted_at, receiver.halt_reason = now, GONE if is_gone else FAILING
        log.warning("webhook_receiver_halted", receiver_id=receiver.id, reason=receiver.halt_reason)


def _in_words(answer: bytes) -> str:
    text: str = storable(answer.decode("utf-8", "replace"))
    return "".join(sign if sign.isprintable() or sign in "\n\t" else " " for sign in text)
