"""Spending a platform's patience: one bucket for all threads, processes and machines."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from plugin.core.clock import utcnow
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


class _Share:
    """What this process holds of one bucket: a few calls for a moment, or a no and how long."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.waiting = 0
        self._left = 0
        self._until = 0.0
        self._closed_until = 0.0

    def take(self) -> bool:
        """Use one of the calls at hand."""
        if self._left <= 0 or time.monotonic() >= self._until:
            return False
        self._left -= 1
        return True

    def fill(self, count: int) -> None:
        """Calls that were granted; they are used up at once or given up."""
        self._left, self._until = count, time.monotonic() + BLOCK_LIFE_MS / 1000

    def close(self, seconds: float) -> None:
        """Nothing is granted for so long: nobody needs to ask the database meanwhile."""
        self._left = 0
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    def closed_for(self) -> float:
        """Seconds that the no still holds."""
        return max(self._closed_until - time.monotonic(), 0.0)


class DatabaseMeter:
    """A `Meter` whose buckets are rows. A refusal says when to come back; nobody waits here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shares: defaultdict[tuple[str, bool], _Share] = defaultdict(_Share)

    def take(self, bucket: str) -> None:
        """Spend one call. One thread asks the database for all that wait for this bucket."""
        background = _background.get()
        with self._lock:
            share = self._shares[bucket, background]
            share.waiting += 1
        try:
            with share.turn:
                self._take(bucket, background, share)
        finally:
            with self._lock:
                share.waiting -= 1

    def close(self, bucket: str, until: datetime) -> None:
        """The platform said 429: shut the bucket for everybody."""
        wait = max((until - utcnow()).total_seconds(), 0.0)
        for background in (False, True):
            with self._lock:
                share = self._shares[bucket, background]
            with share.turn:
                share.close(wait)
        with transaction():
            spent, now = BudgetSpent.locked(bucket)
            spent.closed_until_ms = max(spent.closed_until_ms, now + int(wait * 1000))

    def _take(self, bucket: str, background: bool, share: _Share) -> None:
        if share.take():
            return
        if not share.closed_for():
            got, wait_ms = _grant(bucket, background, share.waiting)
            if got:
                share.fill(got - 1)
                return
            share.close(wait_ms / 1000)
        raise GatewayError(
            "The rate limit is used up for the moment",
            permanent=False,
            reason="rate_limited",
            retry_at=utcnow() + timedelta(seconds=share.closed_for()),
        )


def _grant(bucket: str, background: bool, wanted: int) -> tuple[int, int]:
    """A block of calls, or none and the milliseconds until there may be some."""
    budget = budget_of(bucket)
    with transaction():
        spent, now = BudgetSpent.locked(bucket)
        if now < spent.closed_until_ms:
            return 0, spent.closed_until_ms - now
        grants: list[Grant] = live_grants(budget, [(at, n) for at, n in spent.grants], now)
        got = allowed(budget, grants, background, wanted)
        if not got:
            return 0, next_chance_ms(budget, grants, now) - now
        spent.grants = [*grants, (now, got)]
    return got, 0
