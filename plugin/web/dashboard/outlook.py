"""How long the month's messages last, and what they cost."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.core.quota import day_of
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.system.activity import SENT, per_account
from plugin.services.broadcasts.cost import month_cost
from plugin.web.broadcasts.results import CostInWords, cost_in_words
from plugin.web.settings.quota import Gauge, gauges

LATELY = 7


class Outlook(NamedTuple):
    """An account's month. `pace`: messages a day in the last whole days, None where there are too
    few of them; `ends_on`: when the messages run out at that pace, None where they last."""

    gauge: Gauge
    pace: int | None
    ends_on: date | None
    cost: CostInWords | None


def outlooks(accounts: list[OfficialAccount]) -> list[Outlook]:
    now = utcnow()
    account_ids = [account.id for account in accounts]
    rules = SendingRules.of_accounts(account_ids)
    today = day_of(now)
    sent = per_account(account_ids, [SENT], today - timedelta(days=LATELY), today)[SENT]
    return [
        _outlook(gauge, sent.get(gauge.account.id, 0), rules.get(gauge.account.id), now)
        for gauge in gauges(accounts)
    ]


def _outlook(gauge: Gauge, sent: int, rules: SendingRules | None, now: datetime) -> Outlook:
    whole_days = (day_of(now) - day_of(gauge.account.created_at)).days
    # Rounded up, so that a message a week is not none a day.
    pace = -(-sent // min(LATELY, whole_days)) if whole_days else None
    return Outlook(
        gauge, pace, _end(gauge, pace, now), cost_in_words(month_cost(gauge.used, rules))
    )


def _end(gauge: Gauge, pace: int | None, now: datetime) -> date | None:
    if not pace or gauge.limit is None or not gauge.left:
        return None
    end = now + timedelta(days=gauge.left / pace)
    return day_of(end) if end < gauge.renewed_at else None
