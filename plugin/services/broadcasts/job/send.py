"""The job of a broadcast: from the moment of its start until everybody has an outcome.

A step first finishes what a dead worker left open, under the same keys, then claims the next people
and calls LINE for them. It may be killed between any two statements.
"""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.broadcasts.audience_member import forget_members
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
from plugin.models.broadcasts.tally import counts, move
from plugin.models.connections.installation import Installation
from plugin.models.transaction import in_parallel, transaction
from plugin.services import Dependencies
from plugin.services.broadcasts.job import multicasts, pushes
from plugin.services.broadcasts.job.failures import pause_by_itself
from plugin.services.broadcasts.job.open_multicasts import leave_out_planned, open_chunks
from plugin.services.broadcasts.job.prepare import await_start, prepare, tidy
from plugin.services.broadcasts.job.rounds import claim_round
from plugin.services.broadcasts.opens import assign_units
from plugin.services.outgoing.facts import broadcast_ended
from plugin.services.sending.deliver import check_connected
from plugin.services.system.rate_limits import in_background

STEP_SECONDS = 4.0
# So many people are left out in one transaction after a cancellation.
LEFT_OUT_AT_ONCE = 5000
Step = Callable[[Dependencies, Broadcast], datetime | None]
OpenWork = Callable[[Dependencies, Broadcast], datetime]


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
    if pushes.pause_after_failures(broadcast):
        return utcnow()
    open_work = _open_work(broadcast.id)
    waiting = any(row.state == WAITING for row in counts(broadcast.id))
    if open_work is None and not waiting:
        _finish(broadcast.id)
        return None
    if open_work is None:
        return claim_round(deps, broadcast.id)
    return _together(deps, broadcast.id) if waiting else open_work(deps, broadcast)


def _together(deps: Dependencies, broadcast_id: int) -> datetime:
    """Call LINE for those who are claimed, and claim the next ones meanwhile."""
    calls, claims = in_parallel(
        "broadcast",
        [partial(_call_open, deps, broadcast_id), partial(claim_round, deps, broadcast_id, True)],
    )
    again = calls.result()
    # What the claim says is asked again once nothing is open any more.
    claims.result()
    return again


def _call_open(deps: Dependencies, broadcast_id: int) -> datetime:
    broadcast, open_work = Broadcast.by_id(broadcast_id), _open_work(broadcast_id)
    return open_work(deps, broadcast) if broadcast and open_work else utcnow()


def _ended_from_outside(broadcast: Broadcast) -> bool:
    installation = Installation.by_id(broadcast.official_account.installation_id)
    if installation is None or installation.is_removed:
        with transaction():
            current = Broadcast.held(broadcast.id)
            if current is not None:
                current.state, current.reason = CANCELLED, "hubspot_removed"
        return True
    if broadcast.official_account.archived_at is not None:
        pause_by_itself(broadcast.id, "account_disconnected")
        return True
    return False


def _open_work(broadcast_id: int) -> OpenWork | None:
    """Return how to go on with what is claimed and has no outcome yet, if anything is."""
    chunks = open_chunks(broadcast_id)
    if chunks:
        return lambda deps, broadcast: multicasts.call(deps, broadcast, chunks)
    delivery_ids = pushes.open_deliveries(broadcast_id)
    if delivery_ids:
        return lambda deps, broadcast: pushes.send_deliveries(deps, broadcast, delivery_ids)
    return None


def _finish(broadcast_id: int) -> None:
    with transaction():
        current = Broadcast.held(broadcast_id)
        if current is not None and current.state == SENDING:
            current.state, current.finished_at = FINISHED, utcnow()
            current.reason = current.error = ""
            forget_members(broadcast_id)
            broadcast_ended(current, current.finished_at)


def _leave_out_rest(deps: Dependencies, broadcast: Broadcast) -> datetime | None:
    """After a cancellation: what may be out gets its outcome, everybody else is left out."""
    if broadcast.finished_at is not None:
        return None
    leave_out_planned(broadcast.id)
    pushes.refuse_planned(broadcast.id)
    installation = Installation.by_id(broadcast.official_account.installation_id)
    if installation is not None and installation.is_alive:
        open_work = _open_work(broadcast.id)
        if open_work is not None:
            return open_work(deps, broadcast)
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
            broadcast_ended(broadcast, broadcast.finished_at)
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
