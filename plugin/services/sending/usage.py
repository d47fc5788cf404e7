"""The month's messages: LINE's last count, and what Musubi has sent since LINE was asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.core.quota import month_of, next_month
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.system.activity import FREE_REPLIES, SENT, per_account

# Whatever else sends for the account is unknown since then, so a page says when LINE was asked.
OLD = timedelta(minutes=10)


class Usage(NamedTuple):
    """`limit` None: the plan has none, or LINE was never asked. `read_at`: the reading of this
    month, None before it."""

    used: int
    limit: int | None
    read_at: datetime | None

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(self.limit - self.used, 0)

    @property
    def old_since(self) -> datetime | None:
        """When LINE was asked, where that is some time ago."""
        return self.read_at if self.read_at and utcnow() - self.read_at > OLD else None


def usage(account: OfficialAccount) -> Usage:
    return usages([account])[account.id]


def usages(accounts: Sequence[OfficialAccount]) -> dict[int, Usage]:
    """Return the usage by account's id, with one statement for all of them."""
    now = utcnow()
    sent = sent_this_month([account.id for account in accounts])
    return {account.id: _usage(account, sent.get(account.id, 0), now) for account in accounts}


def sent_this_month(account_ids: Sequence[int]) -> dict[int, int]:
    """Return how many messages of LINE's month Musubi has sent that count there."""
    if not account_ids:
        return {}
    now = utcnow()
    days = month_of(now).date(), next_month(now).date()
    sums = per_account(account_ids, (SENT, FREE_REPLIES), *days)
    free = sums[FREE_REPLIES]
    return {account_id: n - free.get(account_id, 0) for account_id, n in sums[SENT].items()}


def _usage(account: OfficialAccount, sent: int, now: datetime) -> Usage:
    read_at, before = account.quota_read_at, account.sent_when_read
    if read_at is None or month_of(read_at) != month_of(now):
        return Usage(sent, account.quota_limit, None)
    since = max(sent - before, 0) if before is not None else 0
    return Usage(account.quota_used + since, account.quota_limit, read_at)
