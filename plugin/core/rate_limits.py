"""Rate limits of the platforms: exact over a rolling window, shared by all callers."""

import math
from typing import NamedTuple

# (moment, count) of a small block that one process uses at once, so that a fast platform does not
# cost a database write per call.
Grant = tuple[int, int]


class Budget(NamedTuple):
    """`limit` calls in any `window_ms`; granted in blocks of `block`."""

    limit: int
    window_ms: int
    block: int = 1


# HubSpot: 110 requests / 10 s per installing account, search 5 / s (usage guidelines).
# LINE: per channel and endpoint (Messaging API reference, "Rate limits").
HUBSPOT = Budget(110, 10_000)
HUBSPOT_SEARCH = Budget(5, 1_000)
LINE_DEFAULT = Budget(2_000, 1_000, 50)
LINE_BUDGETS = {
    "multicast": Budget(200, 1_000, 10),
    "broadcast": Budget(60, 3_600_000),
    "narrowcast": Budget(60, 3_600_000),
    "coupons": Budget(200, 1_000, 10),
    "coupon": Budget(200, 1_000, 10),
    "richmenu-list": Budget(10, 1_000),
    "webhook-test": Budget(60, 3_600_000),
    "insight-unit": Budget(60, 3_600_000),
    "webhook": Budget(1_000, 60_000, 5),
}
# A block is used within this time or given up. The window lasts longer by as much, so that a call
# late in its block, or late on the wire, never meets the next window's first.
BLOCK_LIFE_MS = 200
# Background work leaves the rest to live actions: five HubSpot calls in ten seconds complete 500
# executions, and an import takes at most a seventh longer than the rate limit alone demands.
BACKGROUND_SHARE = 0.95


def budget_of(bucket: str) -> Budget:
    kind, _, rest = bucket.partition(":")
    if kind == "hubspot":
        return HUBSPOT
    if kind == "hubspot-search":
        return HUBSPOT_SEARCH
    return LINE_BUDGETS.get(rest.rpartition(":")[2], LINE_DEFAULT)


def live_grants(budget: Budget, grants: list[Grant], now_ms: int) -> list[Grant]:
    oldest = now_ms - _weighs_ms(budget)
    return [(at, count) for at, count in grants if at >= oldest]


def allowed(budget: Budget, grants: list[Grant], background: bool, waiting: int = 1) -> int:
    """Return how many calls may be granted now: a block, or as many as are waiting."""
    limit = math.floor(budget.limit * BACKGROUND_SHARE) if background else budget.limit
    return max(0, min(max(budget.block, waiting), limit - sum(count for _, count in grants)))


def next_chance_ms(budget: Budget, grants: list[Grant], now_ms: int) -> int:
    oldest = min((at for at, _ in grants), default=now_ms)
    return oldest + _weighs_ms(budget) + 1


def _weighs_ms(budget: Budget) -> int:
    return budget.window_ms + BLOCK_LIFE_MS
