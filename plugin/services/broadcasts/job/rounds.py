"""One round of claims: who gets the message next, if anybody may at this moment."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from plugin.core.broadcasts.pace import next_allowance
from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import SENDING, Broadcast
from plugin.models.broadcasts.recipient import WAITING, Recipient
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.broadcasts.tally import Counted, counts
from plugin.models.broadcasts.variant import Variant
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.broadcasts.job import pushes
from plugin.services.broadcasts.job.claim import (
    MULTICAST_SIZE,
    Claimed,
    claim_chunks,
    next_people,
    waiting_variants,
)
from plugin.services.broadcasts.job.failures import messages_left, quota_is_short, wait_for
from plugin.services.broadcasts.job.look_up import look_up
from plugin.services.broadcasts.job.open_multicasts import AT_ONCE
from plugin.services.broadcasts.split import await_winner
from plugin.services.broadcasts.start import TRIED
from plugin.services.sending.deliver_batch import fill_many
from plugin.services.sending.quiet_hours import held_until

# Where everybody who is left is held for themselves, and where LINE shows no profile for now.
LOOK_AGAIN = timedelta(seconds=10)
# Messages that calls under way may use up before LINE counts them.
ROOM = 10_000


def claim_round(deps: Dependencies, broadcast_id: int, ahead: bool = False) -> datetime:
    """Claim the next people and fill in their words. Return when to go on. `ahead`: others are
    still being called, so that what needs their outcomes waits for them."""
    broadcast, rows = Broadcast.by_id(broadcast_id), counts(broadcast_id)
    if broadcast is None or broadcast.state != SENDING or (ahead and _may_wait(broadcast)):
        return utcnow()
    return await_winner(broadcast, rows) or _next(deps, broadcast, rows, ahead)


def _may_wait(broadcast: Broadcast) -> bool:
    is_paced = broadcast.per_minute is not None or broadcast.spread_minutes is not None
    return is_paced or broadcast.failures_in_row > 0


def _next(deps: Dependencies, broadcast: Broadcast, rows: list[Counted], ahead: bool) -> datetime:
    now = utcnow()
    opening = held_until(broadcast.official_account, [0], now).get(0)
    if opening is not None and not broadcast.ignores_quiet_hours and not _own_zones(broadcast):
        return wait_for(broadcast.id, opening, "quiet_hours")
    waiting = sum(row.people for row in rows if row.state == WAITING)
    left = messages_left(deps, broadcast, waiting)
    if ahead and (isinstance(left, datetime) or left < waiting + ROOM):
        return now
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
    return _claim_and_fill(deps, broadcast, limit)


def _own_zones(broadcast: Broadcast) -> bool:
    rules = SendingRules.of_account(broadcast.official_account_id)
    return bool(rules and rules.zone_property)


def _claim_and_fill(deps: Dependencies, broadcast: Broadcast, limit: int) -> datetime:
    claimed = _claim(deps, broadcast.id, limit, utcnow())
    if claimed.delivery_ids:
        fill_many(deps, claimed.delivery_ids)
    if claimed.unknown:
        found = look_up(deps, broadcast, claimed.unknown)
        return utcnow() if found or claimed.calls else utcnow() + LOOK_AGAIN
    return utcnow() if claimed.seen else _next_opening(broadcast.id)


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
        for variant in variants:
            if pushes.needs_pushes(deps, variant):
                number = min(most, pushes.CLAIMED // len(variants))
                people = next_people(broadcast, variant.number, number, now, claimed)
                claimed.delivery_ids += pushes.claim_pushes(deps, broadcast, variant, people, now)
            else:
                size = min(most, MULTICAST_SIZE)
                number = max(min(most // size, AT_ONCE // len(variants)), 1)
                claim_chunks(broadcast, variant, size, number, now, claimed)
    return claimed


def _next_opening(broadcast_id: int) -> datetime:
    """Return when the first of those whom quiet hours hold may get it."""
    first = select(func.min(Recipient.held_until)).where(
        Recipient.broadcast_id == broadcast_id, Recipient.state == WAITING
    )
    opening = db.session.scalar(first)
    return wait_for(broadcast_id, opening, "quiet_hours") if opening else utcnow() + LOOK_AGAIN
