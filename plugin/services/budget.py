"""Spending a platform's patience: one bucket for all threads, processes and machines."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from plugin.core.pacing import (
    BLOCK_LIFE_MS,
    Grant,
    allowed,
    budget_of,
    live_grants,
    next_chance_ms,
)
from plugin.gateways import GatewayError
from plugin.models.base import transaction
from plugin.models.budget import BudgetSpent

_background: ContextVar[bool] = ContextVar("background", default=False)


@contextmanager
def in_background() -> Iterator[None]:
    """Calls made inside leave a share of every budget to live actions."""
    token = _background.set(True)
    try:
        yield
    finally:
        _background.reset(token)


class DatabaseMeter:
    """A `Meter` whose buckets are rows. A refusal says when to come back; nobody waits here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: dict[str, tuple[float, int]] = {}

    def take(self, bucket: str) -> None:
        """Spend one call, from this process's block or from a new one."""
        if self._take_from_block(bucket):
            return
        got, retry_ms = _grant(bucket, _background.get())
        if not got:
            raise GatewayError(
                "The rate limit is used up for the moment",
                permanent=False,
                reason="rate_limited",
                retry_at=datetime.fromtimestamp(retry_ms / 1000, UTC),
            )
        with self._lock:
            self._blocks[bucket] = (time.monotonic() + BLOCK_LIFE_MS / 1000, got - 1)

    def close(self, bucket: str, until: datetime) -> None:
        """The platform said 429: shut the bucket for everybody, and forget our own block."""
        with self._lock:
            self._blocks.pop(bucket, None)
        with transaction():
            spent, _ = BudgetSpent.locked(bucket)
            spent.closed_until_ms = max(spent.closed_until_ms, int(until.timestamp() * 1000))

    def _take_from_block(self, bucket: str) -> bool:
        with self._lock:
            until, left = self._blocks.get(bucket, (0.0, 0))
            if left <= 0 or time.monotonic() >= until:
                return False
            self._blocks[bucket] = (until, left - 1)
            return True


def _grant(bucket: str, background: bool) -> tuple[int, int]:
    """A block of calls, or none and the moment (ms) to come back."""
    budget = budget_of(bucket)
    with transaction():
        spent, now = BudgetSpent.locked(bucket)
        if now < spent.closed_until_ms:
            return 0, spent.closed_until_ms
        grants: list[Grant] = live_grants(budget, [(at, n) for at, n in spent.grants], now)
        got = allowed(budget, grants, background)
        if not got:
            return 0, next_chance_ms(budget, grants, now)
        spent.grants = [*grants, (now, got)]
    return got, now
