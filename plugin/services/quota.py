"""The month's messages of each Official Account: read hourly, and when LINE says it is enough."""

from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.quota import next_month
from plugin.gateways import Channel, GatewayError, Quota
from plugin.models.base import db, transaction
from plugin.models.installation import ACTIVE, Installation
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.services import Outside

log = structlog.get_logger()
# Another send (a broadcast, a narrowcast) reserves its whole reach and gives back what is left.
PAUSE = timedelta(minutes=5)
# A plan may be raised at any time, so LINE is asked again after this long.
RECHECK = timedelta(minutes=30)
USED_UP = "LINE's monthly message limit is used up."


class Halt(NamedTuple):
    """Sending stands still. `used_up`: for the rest of the month, or until the plan is raised."""

    until: datetime
    used_up: bool


def plant_readings() -> None:
    """Owe a reading for every account in use; one that fails does not hold the others up."""
    found = (
        select(OfficialAccount.id, OfficialAccount.installation_id)
        .join(Installation, Installation.id == OfficialAccount.installation_id)
        .where(OfficialAccount.archived_at.is_(None), Installation.state == ACTIVE)
    )
    rows = db.session.execute(found).tuples().all()
    with transaction():
        for account_id, installation_id in rows:
            plant("read_quota", account_id, installation_id)


def read_quota(outside: Outside, account_id: int) -> None:
    """Ask LINE how much is used of how much. Raises `GatewayError` to be tried again."""
    account = OfficialAccount.by_id(account_id)
    if account is None or account.archived_at is not None:
        return
    quota = _ask(outside, account)
    with transaction():
        _keep(account, quota)
        if not _is_used_up(quota):
            account.quota_used_up_at = None


def halt_of(account: OfficialAccount) -> Halt | None:
    """Whether nothing may be sent for this account just now; costs no query."""
    now, used_up_at = utcnow(), account.quota_used_up_at
    # Not when the month has turned since: then LINE has room again.
    if used_up_at and now - used_up_at < RECHECK and next_month(used_up_at) > now:
        return Halt(next_month(now), used_up=True)
    until = account.quota_paused_until
    if until and until > now:
        return Halt(until, used_up=False)
    return None


def note_refusal(outside: Outside, account: OfficialAccount) -> Halt:
    """LINE said the monthly limit is reached: find out whether it is, and remember it.

    LINE says the same while another send has the rest reserved (its FAQ on message counts). Where
    it does not tell which, that is what it is taken for: the send waits and asks again.
    """
    quota = _ask_if_possible(outside, account)
    now, used_up = utcnow(), quota is not None and _is_used_up(quota)
    with transaction():
        if quota is not None:
            _keep(account, quota)
        account.quota_used_up_at = now if used_up else None
        account.quota_paused_until = None if used_up else now + PAUSE
    return Halt(next_month(now) if used_up else now + PAUSE, used_up)


def _ask(outside: Outside, account: OfficialAccount) -> Quota:
    return outside.gateways.line.quota(Channel(account.channel_id, account.channel_secret))


def _ask_if_possible(outside: Outside, account: OfficialAccount) -> Quota | None:
    try:
        return _ask(outside, account)
    except GatewayError as error:
        log.warning("line_quota_unknown", account=account.id, reason=error.reason)
        return None


def _keep(account: OfficialAccount, quota: Quota) -> None:
    account.quota_limit, account.quota_used = quota.limit, quota.used
    account.quota_read_at = utcnow()


def _is_used_up(quota: Quota) -> bool:
    return quota.limit is not None and quota.used >= quota.limit
