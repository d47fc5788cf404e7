"""Each Official Account's monthly quota, read hourly and when LINE reports its limit."""

from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.quota import next_month
from plugin.gateways import GatewayError, Quota
from plugin.models.base import db
from plugin.models.connections.installation import ACTIVE, Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.sending.statistics_names import read_names
from plugin.services.sending.usage import sent_this_month

log = structlog.get_logger()
# Another send (a broadcast, a narrowcast) reserves messages for its whole audience and releases the
# rest. LINE's count may also lag behind its sends, and a contact waits for each of ours: the first
# pause is short.
FIRST_PAUSE, PAUSE = timedelta(seconds=20), timedelta(minutes=5)
# A refusal this soon after a pause is taken to have the same cause.
AFTERWARDS = timedelta(minutes=2)
# A plan may be raised at any time, so LINE is asked again after this long.
RECHECK = timedelta(minutes=2)
USED_UP = "LINE's monthly message limit is used up."


class SendPause(NamedTuple):
    """A pause of sending. `used_up`: until the month ends, or until the plan is raised."""

    until: datetime
    used_up: bool


class Reading(NamedTuple):
    """What LINE said, and how many messages of the month Musubi had sent before it was asked."""

    quota: Quota
    sent: int


def enqueue_readings() -> None:
    """Enqueue a job per account in use, so that one failure does not hold up the others."""
    statement = (
        select(OfficialAccount.id, OfficialAccount.installation_id)
        .join(Installation, Installation.id == OfficialAccount.installation_id)
        .where(OfficialAccount.archived_at.is_(None), Installation.state == ACTIVE)
    )
    rows = db.session.execute(statement).tuples().all()
    with transaction():
        for account_id, installation_id in rows:
            enqueue("read_quota", account_id, installation_id)


def read_quota(deps: Dependencies, account_id: int) -> datetime | None:
    """Return when to read again while the quota is used up. Raise `GatewayError` to be retried."""
    account = OfficialAccount.by_id(account_id)
    if account is None or account.archived_at is not None:
        return None
    read_now(deps, account)
    read_names(deps, account)
    return utcnow() + RECHECK if account.quota_used_up_at else None


def read_now(deps: Dependencies, account: OfficialAccount) -> Quota:
    """Ask LINE, store what it says, and return that. Raise `GatewayError`."""
    reading = _fetch(deps, account)
    still_used_up = account.quota_used_up_at is not None and _is_used_up(reading.quota)
    with transaction():
        _store(account, reading)
        account.quota_used_up_at = utcnow() if still_used_up else None
    return reading.quota


def send_pause_of(account: OfficialAccount) -> SendPause | None:
    """Return the pause in force, if any, without a query."""
    now, used_up_at = utcnow(), account.quota_used_up_at
    # A new month has room again.
    if used_up_at and now - used_up_at < RECHECK and next_month(used_up_at) > now:
        return SendPause(next_month(now), used_up=True)
    until = account.quota_paused_until
    if until and until > now:
        return SendPause(until, used_up=False)
    return None


def note_refusal(deps: Dependencies, account: OfficialAccount) -> SendPause:
    """Check whether the monthly limit that LINE reported is really reached; store the pause."""
    # LINE says the same while another send has reserved the rest (its FAQ on message counts). If
    # its quota cannot be read, a reservation is assumed: the send waits and asks again.
    reading = _fetch_if_possible(deps, account)
    now, used_up = utcnow(), reading is not None and _is_used_up(reading.quota)
    with transaction() as session:
        # Concurrent sends met the same refusal, and may have read the quota a little later.
        session.refresh(account)
        known = send_pause_of(account)
        if known is not None and not used_up:
            return known
        if reading is not None:
            _store(account, reading)
        until = next_month(now) if used_up else now + _pause(account, now)
        account.quota_used_up_at = now if used_up else None
        account.quota_paused_until = None if used_up else until
        if used_up:
            enqueue("read_quota", account.id, account.installation_id, delay=RECHECK)
    return SendPause(until, used_up)


def _pause(account: OfficialAccount, now: datetime) -> timedelta:
    last = account.quota_paused_until
    return PAUSE if last and now - last < AFTERWARDS else FIRST_PAUSE


def _fetch(deps: Dependencies, account: OfficialAccount) -> Reading:
    # Counted before the call: what is sent meanwhile is rather counted twice than not at all.
    sent = sent_this_month([account.id]).get(account.id, 0)
    return Reading(deps.gateways.line.quota(messaging_channel(account)), sent)


def _fetch_if_possible(deps: Dependencies, account: OfficialAccount) -> Reading | None:
    try:
        return _fetch(deps, account)
    except GatewayError as error:
        log.warning("line_quota_unknown", account=account.id, reason=error.reason)
        return None


def _store(account: OfficialAccount, reading: Reading) -> None:
    account.quota_limit, account.quota_used = reading.quota.limit, reading.quota.used
    account.quota_read_at, account.sent_when_read = utcnow(), reading.sent


def _is_used_up(quota: Quota) -> bool:
    return quota.limit is not None and quota.used >= quota.limit
