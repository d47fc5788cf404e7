"""Platforms' rate limits: one bucket for all threads, processes and machines."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from plugin.core.clock import utcnow
from plugin.core.rate_limits import (
    BLOCK_LIFE_MS,
    Grant,
    allowed,
    budget_of,
    live_grants,
    next_chance_ms,
)
from plugin.gateways import GatewayError
from plugin.models.system import rate_budget

_background: ContextVar[bool] = ContextVar("background", default=False)


@contextmanager
def in_background() -> Iterator[None]:
    """Leave a share of every budget to live actions in calls made inside."""
    token = _background.set(True)
    try:
        yield
    finally:
        _background.reset(token)


class _Share:
    """This process's part of one bucket: a few calls for a moment, or a refusal and its end."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.waiting = 0
        self._left = 0
        self._until = 0.0
        self._closed_until = 0.0

    def take(self) -> bool:
        if self._left <= 0 or time.monotonic() >= self._until:
            return False
        self._left -= 1
        return True

    def fill(self, count: int, granted_at: float) -> None:
        """Add granted calls, which lapse after a moment. `granted_at` is monotonic."""
        self._left, self._until = count, granted_at + BLOCK_LIFE_MS / 1000

    def close(self, seconds: float) -> None:
        """Refuse for `seconds` without asking the database."""
        self._left = 0
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    def closed_for(self) -> float:
        return max(self._closed_until - time.monotonic(), 0.0)


class DatabaseMeter:
    """A `Meter` whose buckets are rows. It never waits: a refusal says when to come back."""

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
        """Shut the bucket for all after the platform's 429."""
        wait = max((until - utcnow()).total_seconds(), 0.0)
        for background in (False, True):
            with self._lock:
                share = self._shares[bucket, background]
            with share.turn:
                share.close(wait)
        rate_budget.close(bucket, int(wait * 1000))

    def _take(self, bucket: str, background: bool, share: _Share) -> None:
        if share.take():
            return
        if not share.closed_for():
            asked_at = time.monotonic()
            granted, wait_ms = _grant(bucket, background, share.waiting)
            if granted:
                share.fill(granted - 1, asked_at)
                return
            share.close(wait_ms / 1000)
        raise GatewayError(
            "The rate limit is used up for the moment",
            permanent=False,
            reason="rate_limited",
            retry_at=utcnow() + timedelta(seconds=share.closed_for()),
        )


def _grant(bucket: str, background: bool, waiting: int) -> tuple[int, int]:
    """Return a block of calls, or 0 and the milliseconds until there may be some."""
    budget = budget_of(bucket)
    while True:
        row = rate_budget.read(bucket)
        if row.now < row.closed_until_ms:
            return 0, row.closed_until_ms - row.now
        grants: list[Grant] = live_grants(budget, [(at, n) for at, n in row.grants], row.now)
        granted = allowed(budget, grants, background, waiting)
        if not granted:
            return 0, next_chance_ms(budget, grants, row.now) - row.now
        # Granted as of the read, so a late write takes nothing that belongs to another window.
        if rate_budget.write(bucket, row, [*grants, (row.now, granted)]):
            return granted, 0
