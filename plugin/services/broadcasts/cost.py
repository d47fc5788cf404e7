"""The cost of a broadcast by the account's plan, before it is sent and afterwards."""

from plugin.core.broadcasts.money import Cost, cost_of
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.sending.usage import usage


def expected_cost(account: OfficialAccount, messages: int) -> Cost | None:
    """Return what so many more messages of this month cost; None where no plan was entered."""
    return _cost(account.id, messages, usage(account).used)


def spent(broadcast: Broadcast, messages: int) -> Cost | None:
    """Return what a broadcast cost that sent so many."""
    return _cost(broadcast.official_account_id, messages, broadcast.used_before or 0)


def month_cost(used: int, rules: SendingRules | None) -> Cost | None:
    """Return what so many messages cost so far this month; None where no plan was entered."""
    return _by_plan(rules, used, 0)


def _cost(account_id: int, messages: int, used_before: int) -> Cost | None:
    return _by_plan(SendingRules.of_account(account_id), messages, used_before)


def _by_plan(rules: SendingRules | None, messages: int, used_before: int) -> Cost | None:
    if rules is None or (rules.price_milli is None and rules.free_messages is None):
        return None
    plan = rules.free_messages, rules.price_milli, rules.currency
    return cost_of(messages, used_before, *plan)
