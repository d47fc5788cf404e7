"""One push each, where a message has a person's own words or counts their taps: the deliveries of
a broadcast, sent as all others are, and what became of them."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from plugin.core.clock import utcnow
from plugin.core.messages.personalise import fill, property_names
from plugin.core.messages.tracked_links import addresses_of, may_be_tracked, tracked
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import SENDING as ONGOING
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import (
    FAILED,
    LEFT_OUT,
    SENDING,
    SENT,
    UNKNOWN,
    WAITING,
    Recipient,
)
from plugin.models.broadcasts.tally import move
from plugin.models.broadcasts.variant import Variant
from plugin.models.sending.delivery import ACCEPTED, OPEN, PLANNED, REFUSED, Delivery
from plugin.models.sending.delivery import UNKNOWN as MAYBE_SENT
from plugin.models.sql import one_of
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.broadcasts.job.claim import Person
from plugin.services.broadcasts.job.failures import MOST_IN_A_ROW, after_failure, pause_by_itself
from plugin.services.sending.deliver_batch import Outcome, deliver_many
from plugin.services.sending.personalise import FAILED as NOT_FILLED
from plugin.services.sending.personalise import PENDING
from plugin.services.sending.tracked_links import tracker, untracked_prefixes

# Calls under way together, and claimed people: HubSpot's values are read for a hundred at a time.
AT_ONCE, CLAIMED = 64, 512
# So many are stored as tried before a call, and settled together after it.
TOGETHER = 128
# Results of a delivery that say that nothing went out, for a reason of the person's own.
LEFT_OUT_RESULTS = ("blocked", "not_friend", "wrong_provider")
CANCELLED_BEFORE = "The broadcast was cancelled before this was sent."
Move = tuple[str, str]


def needs_pushes(deps: Dependencies, variant: Variant) -> bool:
    """Whether each person gets a message of their own: by its words, or by its tracked links."""
    if property_names(variant.messages):
        return True
    prefixes = untracked_prefixes(deps.settings)
    links = addresses_of(variant.messages) if variant.tracks_links else []
    return any(may_be_tracked(url, prefixes) for url in links)


def claim_pushes(
    deps: Dependencies,
    broadcast: Broadcast,
    variant: Variant,
    people: Sequence[Person],
    now: datetime,
) -> list[int]:
    """Store a delivery for each, inside the caller's transaction, and return their ids."""
    if not people:
        return []
    messages, targets = variant.messages, dict[str, int]()
    is_personal = bool(property_names(messages))
    plain = messages if is_personal else fill(messages, {})
    rows = []
    utm = (broadcast.campaign or {}).get("utm", "")
    for person in people:
        key, words = str(uuid.uuid4()), plain
        if variant.tracks_links and not is_personal:
            wrap = tracker(deps, broadcast.official_account, key, known=targets, utm=utm)
            words = tracked(plain, wrap)
        rows.append(_row(broadcast, variant, person, key, words, now))
        rows[-1]["filling"] = PENDING if is_personal else ""
    statement = insert(Delivery).returning(Delivery.id, sort_by_parameter_order=True)
    ids = list(db.session.scalars(statement, rows))
    pairs = [{"id": person.recipient_id, "delivery_id": delivery_id}
             for person, delivery_id in zip(people, ids, strict=True)]  # fmt: skip
    db.session.execute(update(Recipient), pairs)
    recipient_ids = [person.recipient_id for person in people]
    move(broadcast.id, recipient_ids, WAITING, SENDING, claimed_at=now, held_until=None)
    return ids


def _row(
    broadcast: Broadcast,
    variant: Variant,
    person: Person,
    key: str,
    messages: Sequence[Mapping[str, Any]],
    now: datetime,
) -> dict[str, Any]:
    return {
        "official_account_id": broadcast.official_account_id,
        "friend_id": person.friend_id,
        "broadcast_id": broadcast.id,
        "retry_key": key,
        "messages": list(messages),
        "silent": broadcast.silent,
        "template_id": variant.template_id,
        "template_version": variant.template_version,
        "aggregation_unit": variant.aggregation_unit,
        "created_at": now,
    }


def open_deliveries(broadcast_id: int) -> list[int]:
    statement = (
        select(Recipient.delivery_id)
        .where(
            Recipient.broadcast_id == broadcast_id,
            Recipient.state == SENDING,
            Recipient.delivery_id.is_not(None),
        )
        .order_by(Recipient.id)
        .limit(CLAIMED)
    )
    return [delivery_id for delivery_id in db.session.scalars(statement) if delivery_id]


def send_deliveries(
    deps: Dependencies, broadcast: Broadcast, delivery_ids: Sequence[int]
) -> datetime:
    """Send these and store what became of them. Return when to go on."""
    again = utcnow()
    for start in range(0, len(delivery_ids), TOGETHER):
        part = delivery_ids[start : start + TOGETHER]
        outcomes = deliver_many(deps, part, AT_ONCE)
        settled = collect(broadcast.id, part)
        errors = [outcome for outcome in outcomes.values() if isinstance(outcome, GatewayError)]
        if "quota_exceeded" in settled:
            return after_failure(deps, broadcast, _monthly_limit())
        if errors and SENT not in settled:
            return after_failure(deps, broadcast, errors[0])
        again = _next_time(outcomes)
        # What stopped one call may stop the others; a pause stops them too.
        if errors or again > utcnow() or not _is_sending(broadcast.id):
            break
    return again


def _is_sending(broadcast_id: int) -> bool:
    state = db.session.scalar(select(Broadcast.state).where(Broadcast.id == broadcast_id))
    return state == ONGOING


def _monthly_limit() -> GatewayError:
    return GatewayError("The monthly limit is reached", permanent=False, reason="monthly_limit")


def _next_time(outcomes: Mapping[int, Outcome]) -> datetime:
    times = [outcome for outcome in outcomes.values() if isinstance(outcome, datetime)]
    times += [error.retry_at for error in outcomes.values()
              if isinstance(error, GatewayError) and error.retry_at]  # fmt: skip
    return min(times, default=utcnow())


def collect(broadcast_id: int, delivery_ids: Sequence[int]) -> set[str]:
    """Take over the outcomes of deliveries that ended, and return the kinds that there were: SENT,
    FAILED, "quota_exceeded" and others."""
    ended = (
        select(
            Recipient.id, Delivery.state, Delivery.result, Delivery.filling, Delivery.error,
            Delivery.first_tried_at,
        )
        .join(Delivery, Delivery.id == Recipient.delivery_id)
        .where(
            one_of(Recipient.delivery_id, delivery_ids),
            Recipient.state == SENDING,
            Delivery.state.in_((ACCEPTED, REFUSED, MAYBE_SENT)),
        )
        .order_by(Recipient.id)
    )  # fmt: skip
    rows = db.session.execute(ended).all()
    moves: defaultdict[Move, list[int]] = defaultdict(list)
    for row in rows:
        moves[_move_of(row)].append(row.id)
    if not rows:
        return set()
    with transaction():
        broadcast = Broadcast.held(broadcast_id)
        for (state, reason), ids in sorted(moves.items()):
            _store(broadcast_id, ids, state, reason)
        if broadcast is not None:
            _count_failures(broadcast, rows)
    return {state for state, _ in moves} | {row.result for row in rows}


def _move_of(row: Row[Any]) -> Move:
    if row.state != REFUSED:
        return (SENT, "") if row.state == ACCEPTED else (UNKNOWN, "")
    if row.result == "quota_exceeded":
        return WAITING, ""
    if row.result in LEFT_OUT_RESULTS:
        return LEFT_OUT, row.result
    if row.filling == NOT_FILLED:
        return LEFT_OUT, "missing_value"
    if row.first_tried_at is None:
        return LEFT_OUT, "cancelled"
    return FAILED, row.result if row.result in ("invalid_message", "expired") else "failed"


def _store(broadcast_id: int, ids: Sequence[int], state: str, reason: str) -> None:
    # The frequency cap counts from when LINE took it, which may be long after the claim.
    values: dict[str, Any] = {"settled_at": utcnow(), "claimed_at": utcnow()}
    if state in (WAITING, LEFT_OUT):
        # Nothing went out, so the frequency cap does not count it.
        values["claimed_at"] = None
    if state == WAITING:
        values |= {"delivery_id": None, "settled_at": None}
    move(broadcast_id, ids, SENDING, state, reason, **values)


def _count_failures(broadcast: Broadcast, rows: Sequence[Row[Any]]) -> None:
    now = utcnow()
    for row in rows:
        state, _ = _move_of(row)
        if state == SENT:
            broadcast.first_sent_at = broadcast.first_sent_at or now
            broadcast.failures_in_row, broadcast.error = 0, ""
        elif state == FAILED:
            broadcast.failures_in_row += 1
            broadcast.error = row.error[:500]


def pause_after_failures(broadcast: Broadcast) -> bool:
    """Pause where five sends in a row failed; return whether it did."""
    if broadcast.failures_in_row < MOST_IN_A_ROW:
        return False
    pause_by_itself(broadcast.id, "failures", broadcast.error)
    return True


def refuse_planned(broadcast_id: int) -> None:
    """Refuse the deliveries that surely were not sent, after a cancellation."""
    delivery_ids = open_deliveries(broadcast_id)
    planned = update(Delivery).where(
        one_of(Delivery.id, delivery_ids), OPEN, Delivery.state == PLANNED,
        Delivery.maybe_sent.is_(False),
    )  # fmt: skip
    values = {"state": REFUSED, "result": "failed", "error": CANCELLED_BEFORE, "written": None,
              "settled_at": utcnow(), "first_tried_at": None}  # fmt: skip
    with transaction():
        affected(planned.values(values).execution_options(synchronize_session=False))
    collect(broadcast_id, delivery_ids)
