"""The month's messages as a gauge: used, expected, and left."""

from datetime import datetime
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.core.quota import forecast, next_month, percent, standing
from plugin.models.broadcasts.measures import DailyCount
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.broadcasts.reconcile_sends import gaps
from plugin.services.sending.statistics_names import MOST_NAMES, names_used
from plugin.services.sending.usage import Usage, usages


class Gauge(NamedTuple):
    """`limit` and `percent` None: the plan has no limit. `state`: fine, near or full.

    `expected`: the month's total at the present rate, None where that would be a guess.
    `old_since`: when LINE was asked, where that is some time ago.
    `paused_until`: sends wait, since another send of the account has reserved the rest.
    """

    account: OfficialAccount
    used: int
    limit: int | None
    percent: int | None
    state: str
    expected: int | None
    renewed_at: datetime
    read_at: datetime
    old_since: datetime | None
    paused_until: datetime | None

    @property
    def left(self) -> int:
        return max((self.limit or 0) - self.used, 0)

    @property
    def will_not_do(self) -> bool:
        """Whether the month's total is expected to exceed the limit."""
        return self.limit is not None and self.expected is not None and self.expected > self.limit


def gauge(account: OfficialAccount) -> Gauge | None:
    """Return the gauge; None before the first reading of the month."""
    return next(iter(gauges([account])), None)


def gauges(accounts: list[OfficialAccount]) -> list[Gauge]:
    """Return the gauges of the accounts that were read this month."""
    found = usages(accounts)
    return [
        _gauge(account, month, month.read_at)
        for account in accounts
        if (month := found[account.id]).read_at is not None
    ]


def _gauge(account: OfficialAccount, month: Usage, read_at: datetime) -> Gauge:
    now, used, limit, until = utcnow(), month.used, month.limit, account.quota_paused_until
    return Gauge(
        account=account,
        used=used,
        limit=limit,
        percent=percent(used, limit),
        state=standing(used, limit),
        expected=forecast(used, now),
        renewed_at=next_month(now),
        read_at=read_at,
        old_since=month.old_since,
        paused_until=until if until and until > now else None,
    )


class Names(NamedTuple):
    """Names of LINE's statistics in use this month, of so many."""

    used: int
    most: int


def names_of(account: OfficialAccount) -> Names | None:
    """Return None where LINE has not told."""
    used = names_used(account.id, utcnow())
    return None if used is None else Names(min(used, MOST_NAMES), MOST_NAMES)


def gaps_of(accounts: list[OfficialAccount]) -> list[DailyCount]:
    """Return the days of the last month on which LINE sent less than it accepted, newest first."""
    return gaps([account.id for account in accounts], utcnow())
