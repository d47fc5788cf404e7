"""What a failed call means for the whole broadcast: wait, pause, or ask a person."""

from datetime import datetime, timedelta

from plugin.core.clock import utcnow
from plugin.core.quota import next_month
from plugin.gateways import GatewayError
from plugin.models.broadcasts.broadcast import PAUSED, SENDING, Broadcast
from plugin.models.broadcasts.budget import keep_likeliest
from plugin.models.broadcasts.tally import recount
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.sending.quota import note_refusal, read_quota, send_pause_of
from plugin.services.sending.usage import usage

MOST_IN_A_ROW = 5
FIRST_WAIT = timedelta(seconds=1)
# Where somebody may raise the plan, or another send may give back what it reserved.
QUOTA_WAIT = timedelta(minutes=5)


def pause_by_itself(broadcast_id: int, reason: str, error: str = "") -> None:
    with transaction():
        _pause(broadcast_id, reason, error)


def _pause(broadcast_id: int, reason: str, error: str) -> None:
    current = Broadcast.held(broadcast_id)
    if current is not None and current.state == SENDING:
        current.state, current.reason, current.error = PAUSED, reason, error[:500]


def wait_for(broadcast_id: int, until: datetime, reason: str) -> datetime:
    """Say why nothing is sent until then."""
    with transaction():
        current = Broadcast.held(broadcast_id)
        if current is not None and current.state == SENDING:
            current.reason = reason
    return until


def after_failure(deps: Dependencies, broadcast: Broadcast, error: GatewayError) -> datetime:
    """Return when to look again; by then the broadcast may be paused."""
    if error.reason == "monthly_limit":
        return quota_ended(deps, broadcast)
    if error.reason in ("rate_limited", "user_flood"):
        return error.retry_at or utcnow() + FIRST_WAIT
    if error.reason in ("unauthorized", "configuration", "forbidden"):
        pause_by_itself(broadcast.id, "line_refuses", error.message)
    elif error.permanent:
        pause_by_itself(broadcast.id, "message_refused", "; ".join((error.message, *error.details)))
    else:
        return _count_failure(broadcast.id, error)
    return utcnow()


def _count_failure(broadcast_id: int, error: GatewayError) -> datetime:
    with transaction():
        current = Broadcast.held(broadcast_id)
        if current is None:
            return utcnow()
        current.failures_in_row += 1
        current.error = error.message[:500]
        failures = current.failures_in_row
        if failures >= MOST_IN_A_ROW:
            _pause(broadcast_id, "failures", error.message)
    return error.retry_at or utcnow() + FIRST_WAIT * 2 ** (failures - 1)


def quota_ended(deps: Dependencies, broadcast: Broadcast) -> datetime:
    """LINE took no more of the month's messages. Do what the team chose for this."""
    pause = note_refusal(deps, broadcast.official_account)
    if not pause.used_up:
        return wait_for(broadcast.id, pause.until, "quota_reserved")
    return quota_is_short(broadcast, 0)


def quota_is_short(broadcast: Broadcast, left: int) -> datetime:
    """Fewer messages are left in this month than people wait."""
    now = utcnow()
    if broadcast.when_short == "budget":
        with transaction():
            current = Broadcast.held(broadcast.id)
            if current is not None and current.state == SENDING:
                keep_likeliest(broadcast.id, left, now)
                recount(broadcast.id)
        return now
    if broadcast.when_short == "next_month":
        # A raised plan is noticed before.
        until = min(next_month(now), now + QUOTA_WAIT)
        return wait_for(broadcast.id, until, "quota_next_month")
    pause_by_itself(broadcast.id, "quota")
    return now


def messages_left(deps: Dependencies, broadcast: Broadcast, waiting: int) -> int | datetime:
    """Return how many messages the month still has, as far as it matters for so many people; or
    until when another send has reserved them."""
    account = broadcast.official_account
    if account.quota_limit is None:
        return waiting
    # Where it may matter, LINE's count of this moment decides.
    if (usage(account).left or 0) < 2 * waiting:
        read_quota(deps, account.id)
    pause = send_pause_of(account)
    if pause is not None and not pause.used_up:
        return pause.until
    left = usage(account).left
    return waiting if left is None else left
