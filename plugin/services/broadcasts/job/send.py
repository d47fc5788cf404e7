"""The job of a broadcast: from the moment of its start until everybody has an outcome.

A step first finishes what a dead worker left open, under the same keys, then claims the next people
and calls LINE for them. It may be killed between any two statements.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from plugin.core.broadcasts.pace import next_allowance
from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import (
    CANCELLED,
    DRAFT,
    FINISHED,
    PAUSED,
    SCHEDULED,
    SENDING,
    Broadcast,
)
from plugin.models.broadcasts.recipient import LEFT_OUT, WAITING, Recipient
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.broadcasts.tally import Counted, counts, move
from plugin.models.broadcasts.variant import Variant
from plugin.models.connections.installation import REMOVED, REMOVING, Installation
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.broadcasts.audience import forget_members
from plugin.services.broadcasts.job import multicasts, pushes
from plugin.services.broadcasts.job.claim import (
    MULTICAST_SIZE,
    Chunk,
    Claimed,
    claim_chunks,
    next_people,
    waiting_variants,
)
from plugin.services.broadcasts.job.failures import (
    messages_left,
    pause_by_itself,
    quota_is_short,
    wait_for,
)
from plugin.services.broadcasts.job.look_up import look_up
from plugin.services.broadcasts.job.prepare import await_start, prepare, tidy
from plugin.services.broadcasts.opens import assign_units
from plugin.services.broadcasts.split import await_winner
from plugin.services.broadcasts.start import TRIED
from plugin.services.sending.deliver import check_connected
from plugin.services.sending.quiet_hours import held_until
from plugin.services.system.rate_limits import in_background

STEP_SECONDS = 4.0
# So many people are left out in one transaction after a cancellation.
LEFT_OUT_AT_ONCE = 5000
# Where everybody who is left is held for themselves, and where LINE shows no profile for now.
LOOK_AGAIN = timedelta(seconds=10)
Step = Callable[[Dependencies, Broadcast], datetime | None]


def send_broadcast(deps: Dependencies, broadcast_id: int) -> datetime | None:
    """Work for a few seconds. Return when to go on, or None where nothing is due by itself."""
    end = time.monotonic() + STEP_SECONDS
    while True:
        broadcast = Broadcast.by_id(broadcast_id)
        if broadcast is None:
            return None
        with in_background():
            again = _STEPS[broadcast.state](deps, broadcast)
        if again is None or again > utcnow() or time.monotonic() > end:
            return again


def _send(deps: Dependencies, broadcast: Broadcast) -> datetime | None:
    ended = _ended_from_outside(broadcast)
    if ended:
        return utcnow()
    check_connected(broadcast.official_account)
    if broadcast.frozen_at is None:
        return prepare(deps, broadcast)
    assign_units(deps, broadcast)
    again = _finish_open(deps, broadcast)
    if again is not None:
        return again
    if pushes.pause_after_failures(broadcast):
        return utcnow()
    rows = counts(broadcast.id)
    if not any(row.state == WAITING for row in rows):
        _finish(broadcast.id)
        return None
    return await_winner(broadcast, rows) or _send_next(deps, broadcast, rows)


def _ended_from_outside(broadcast: Broadcast) -> bool:
    installation = Installation.by_id(broadcast.official_account.installation_id)
    if installation is None or installation.state in (REMOVING, REMOVED):
        with transaction():
            current = Broadcast.held(broadcast.id)
            if current is not None:
                current.state, current.reason = CANCELLED, "hubspot_removed"
        return True
    if broadcast.official_account.archived_at is not None:
        pause_by_itself(broadcast.id, "account_disconnected")
        return True
    return False


def _finish_open(deps: Dependencies, broadcast: Broadcast) -> datetime | None:
    """Go on with what has no outcome yet. Return None where there is nothing."""
    chunks = multicasts.open_chunks(broadcast.id)
    if chunks:
        return multicasts.call(deps, broadcast, chunks)
    delivery_ids = pushes.open_deliveries(broadcast.id)
    return pushes.send_deliveries(deps, broadcast, delivery_ids) if delivery_ids else None


def _finish(broadcast_id: int) -> None:
    with transaction():
        current = Broadcast.held(broadcast_id)
        if current is not None and current.state == SENDING:
            current.state, current.finished_at = FINISHED, utcnow()
            current.reason = current.error = ""
            forget_members(broadcast_id)


def _send_next(deps: Dependencies, broadcast: Broadcast, rows: list[Counted]) -> datetime | None:
    now = utcnow()
    opening = held_until(broadcast.official_account, [0], now).get(0)
    if opening is not None and not broadcast.ignores_quiet_hours and not _own_zones(broadcast):
        return wait_for(broadcast.id, opening, "quiet_hours")
    waiting = sum(row.people for row in rows if row.state == WAITING)
    left = messages_left(deps, broadcast, waiting)
    if isinstance(left, datetime):
        return wait_for(broadcast.id, left, "quota_reserved")
    if left < waiting and (left == 0 or broadcast.when_short != "next_month"):
        return quota_is_short(broadcast, left)
    tried = sum(row.people for row in rows if row.state in TRIED)
    allowed, later = next_allowance(
        broadcast.per_minute, broadcast.spread_minutes, waiting + tried,
        tried - broadcast.claimed_before, broadcast.sending_since or now, now,
    )  # fmt: skip
    if later is not None:
        return later
    limit = min(left, waiting if allowed is None else allowed)
    return _claim_and_call(deps, broadcast, limit)


def _own_zones(broadcast: Broadcast) -> bool:
    rules = SendingRules.of_account(broadcast.official_account_id)
    return bool(rules and rules.zone_property)


def _claim_and_call(deps: Dependencies, broadcast: Broadcast, limit: int) -> datetime | None:
    claimed = _claim(deps, broadcast.id, limit, utcnow())
    if claimed.chunks:
        again = multicasts.call(deps, broadcast, claimed.chunks)
    elif claimed.delivery_ids:
        again = pushes.send_deliveries(deps, broadcast, claimed.delivery_ids)
    else:
        again = utcnow() if claimed.seen else _next_opening(broadcast.id)
    if claimed.unknown and not look_up(deps, broadcast, claimed.unknown):
        return max(again, utcnow() + LOOK_AGAIN)
    return again


def _claim(deps: Dependencies, broadcast_id: int, limit: int, now: datetime) -> Claimed:
    """Claim the next people, of the variants in turn, in one transaction."""
    claimed = Claimed()
    with transaction():
        broadcast = Broadcast.held(broadcast_id)
        if broadcast is None or broadcast.state != SENDING:
            return claimed
        broadcast.reason = ""
        waiting = waiting_variants(broadcast_id)
        variants = [v for v in Variant.of_broadcast(broadcast_id) if v.number in waiting]
        # A pace or a quota is shared by the variants; otherwise each goes on to its last chunk.
        is_short = limit < sum(waiting.values())
        most = max(limit // max(len(variants), 1), 1) if is_short else limit
        chunks = []
        for variant in variants:
            if pushes.needs_pushes(deps, variant):
                number = min(most, pushes.CLAIMED // len(variants))
                people = next_people(broadcast, variant.number, number, now, claimed)
                claimed.delivery_ids += pushes.claim_pushes(deps, broadcast, variant, people, now)
            else:
                size = min(most, MULTICAST_SIZE)
                number = max(min(most // size, multicasts.AT_ONCE // len(variants)), 1)
                chunks.append(claim_chunks(broadcast, variant, size, number, now, claimed))
        claimed.chunks = [chunk for turn in _in_turn(chunks) for chunk in turn]
        _note_first(broadcast)
    return claimed


def _note_first(broadcast: Broadcast) -> None:
    if broadcast.used_before is None:
        broadcast.used_before = broadcast.official_account.quota_used


def _in_turn(groups: list[list[Chunk]]) -> list[list[Chunk]]:
    longest = max(map(len, groups), default=0)
    return [[group[n] for group in groups if n < len(group)] for n in range(longest)]


def _next_opening(broadcast_id: int) -> datetime:
    """Return when the first of those whom quiet hours hold may get it."""
    first = select(func.min(Recipient.held_until)).where(
        Recipient.broadcast_id == broadcast_id, Recipient.state == WAITING
    )
    opening = db.session.scalar(first)
    return wait_for(broadcast_id, opening, "quiet_hours") if opening else utcnow() + LOOK_AGAIN


def _leave_out_rest(deps: Dependencies, broadcast: Broadcast) -> datetime | None:
    """After a cancellation: what may be out gets its outcome, everybody else is left out."""
    if broadcast.finished_at is not None:
        return None
    multicasts.leave_out_planned(broadcast.id)
    pushes.refuse_planned(broadcast.id)
    installation = Installation.by_id(broadcast.official_account.installation_id)
    if installation is not None and installation.is_alive:
        again = _finish_open(deps, broadcast)
        if again is not None:
            return again
    with transaction():
        Broadcast.held(broadcast.id)
        waiting = select(Recipient.id).where(
            Recipient.broadcast_id == broadcast.id, Recipient.state == WAITING
        )
        ids = list(db.session.scalars(waiting.order_by(Recipient.id).limit(LEFT_OUT_AT_ONCE)))
        move(broadcast.id, ids, WAITING, LEFT_OUT, "cancelled", settled_at=utcnow())
        if not ids:
            broadcast.finished_at = utcnow()
            forget_members(broadcast.id)
    return utcnow() if ids else None


def _nothing(_: Dependencies, __: Broadcast) -> None:
    """It has ended, or waits for a person."""


_STEPS: dict[str, Step] = {
    DRAFT: tidy,
    SCHEDULED: await_start,
    SENDING: _send,
    PAUSED: _nothing,
    CANCELLED: _leave_out_rest,
    FINISHED: _nothing,
}
