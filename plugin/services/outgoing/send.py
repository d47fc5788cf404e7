"""The job of a receiver: sends what is due, in order for each friend, and stores what came of it.

A step may be killed between a call and its outcome: the event then goes out once more, with the
same `webhook-id`.
"""

import random
import time
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
    is_long_ago,
    next_try,
    rest_of,
)
from plugin.gateways import Outcome
from plugin.models.base import db
from plugin.models.outgoing.event import DELIVERED, GIVEN_UP, EventDelivery
from plugin.models.outgoing.receiver import FAILING, GONE, WebhookReceiver
from plugin.models.transaction import close_reads, in_parallel, transaction
from plugin.services import Dependencies
from plugin.services.outgoing.lanes import AT_ONCE, Lanes, Turn

log = structlog.get_logger()
STEP_SECONDS, CALL_SECONDS = 4.0, 10.0
# A receiver's row says when the last call went well, to the minute: it is not written at each.
NOTED_SECONDS = 60


class Try(NamedTuple):
    """A call: where it went, when, and which replay of its delivery it belongs to."""

    url: str
    at: datetime
    replayed_at: datetime | None


def send_webhooks(deps: Dependencies, receiver_id: int) -> datetime | None:
    """Send for a few seconds; return when to go on, or None where nothing waits."""
    lanes = Lanes(receiver_id, time.monotonic() + STEP_SECONDS)
    if WebhookReceiver.by_id(receiver_id) is not None:
        for future in in_parallel("webhook", [partial(_send_lane, deps, lanes)] * AT_ONCE):
            future.result()
    return _next(receiver_id)


def _send_lane(deps: Dependencies, lanes: Lanes) -> None:
    while (turn := lanes.take()) is not None:
        try:
            _send_turn(deps, lanes, turn)
        finally:
            lanes.give_back(turn)


def _next(receiver_id: int) -> datetime | None:
    receiver = WebhookReceiver.by_id(receiver_id)
    if receiver is None or not receiver.is_called:
        return None
    due = EventDelivery.next_due(receiver_id)
    if due is None or receiver.rests_until is None:
        return due
    return max(due, receiver.rests_until)


def _send_turn(deps: Dependencies, lanes: Lanes, turn: Turn) -> None:
    while True:
        delivery = _first(lanes.receiver_id, turn)
        receiver = WebhookReceiver.by_id(lanes.receiver_id)
        if delivery is None or receiver is None or not receiver.is_called:
            return
        if delivery.next_at > utcnow():
            _wait_behind(lanes.receiver_id, turn)
            return
        is_taken = _send(deps, receiver, delivery)
        if not is_taken or turn.friend_id is None or time.monotonic() > lanes.end:
            return


def _wait_behind(receiver_id: int, turn: Turn) -> None:
    with transaction():
        # The receiver comes first everywhere, against deadlocks.
        if turn.friend_id is not None and WebhookReceiver.held(receiver_id) is not None:
            first = _first(receiver_id, turn)
            if first is not None:
                EventDelivery.wait_behind(first)


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
        _store(receiver.id, delivery.id, Try(url, now, replayed_at), outcome)
    return outcome.is_taken


def _store(receiver_id: int, delivery_id: int, attempt: Try, outcome: Outcome) -> None:
    receiver = WebhookReceiver.held(receiver_id)
    delivery = db.session.get(EventDelivery, delivery_id, with_for_update={"of": EventDelivery})
    # What another server answered, before the address was changed, says nothing of this one.
    if receiver is None or delivery is None or receiver.url != attempt.url:
        return
    now = utcnow()
    delivery.attempts += 1
    delivery.tried_at, delivery.duration_ms = attempt.at, outcome.duration_ms
    delivery.status, delivery.error = outcome.status, outcome.error
    delivery.first_tried_at = delivery.first_tried_at or attempt.at
    # The lock was waited for: the person may have been erased meanwhile, who may be in the answer.
    db.session.refresh(delivery.event)
    delivery.answer = "" if delivery.event.is_erased else _in_words(outcome.answer)
    # Somebody may have asked for it once more while it was under way.
    if delivery.replayed_at == attempt.replayed_at:
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
    if receiver.failing_since is None or is_long_ago(receiver.last_failure_at, now):
        receiver.failing_since = now
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
