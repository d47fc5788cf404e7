"""The month's messages of each Official Account: read hourly, and when LINE says it is enough."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.quota import next_month
from plugin.gateways import Channel, Quota
from plugin.models.base import db, transaction
from plugin.models.installation import ACTIVE, Installation
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.models.quota import QuotaReading
from plugin.models.upsert import insert_or
from plugin.services import Outside

# Another send (a broadcast, a narrowcast) reserves its whole reach and gives back what is left.
PAUSE = timedelta(minutes=5)
# A plan may be raised at any time; that is found out by this at the latest.
RECHECK = timedelta(minutes=30)


class Pause(NamedTuple):
    """Sending waits until then; `used_up`: nothing is left this month."""

    until: datetime
    used_up: bool


def plant_readings() -> bool:
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
    return False


def read_quota(outside: Outside, account_id: int) -> bool:
    """Ask LINE how much is used of how much. Raises `GatewayError` to be tried again."""
    account = OfficialAccount.by_id(account_id)
    if account is None or account.archived_at is not None:
        return False
    channel = Channel(account.channel_id, account.channel_secret)
    quota = outside.gateways.line.quota(channel)
    with transaction():
        _keep(account.id, quota, {} if _is_used_up(quota) else {"used_up_at": None})
    return False


def pause_of(account_id: int) -> Pause | None:
    """Whether sending waits, or is over for this month; None: go on."""
    reading, now = QuotaReading.of_account(account_id), utcnow()
    if reading is None:
        return None
    if reading.used_up_at is not None and now - reading.used_up_at < RECHECK:
        # The month may have turned since; then LINE has room again.
        if next_month(reading.used_up_at) > now:
            return Pause(next_month(now), used_up=True)
    if reading.paused_until is not None and reading.paused_until > now:
        return Pause(reading.paused_until, used_up=False)
    return None


def note_refusal(outside: Outside, account: OfficialAccount) -> Pause:
    """LINE said the monthly limit is reached: find out whether it is, and remember it.

    LINE says the same while another send has the rest reserved (docs/messaging-api/pricing).
    """
    channel = Channel(account.channel_id, account.channel_secret)
    quota, now = outside.gateways.line.quota(channel), utcnow()
    used_up = _is_used_up(quota)
    pause = Pause(next_month(now) if used_up else now + PAUSE, used_up)
    with transaction():
        _keep(
            account.id,
            quota,
            {
                "used_up_at": now if used_up else None,
                "paused_until": None if used_up else pause.until,
            },
        )
    return pause


def _is_used_up(quota: Quota) -> bool:
    return quota.limit is not None and quota.used >= quota.limit


def _keep(account_id: int, quota: Quota, more: dict[str, datetime | None]) -> None:
    values = {"limit": quota.limit, "used": quota.used, "read_at": utcnow(), **more}
    row = insert_or(QuotaReading).values(official_account_id=account_id, **values)
    row = row.on_conflict_do_update(index_elements=["official_account_id"], set_=values)
    db.session.execute(row)
