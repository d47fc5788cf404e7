"""Limit how much one network address may request of the public pages."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

MOST_ADDRESSES = 20_000


class Rate(NamedTuple):
    burst: float
    per_second: float


class VisitLimiter:
    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, address: str, cost: float) -> int:
        """Take `cost` units; return 0, or the seconds until they are available."""
        with self._lock:
            now = self._clock()
            left, since = self._buckets.pop(address, (self._rate.burst, now))
            left = min(self._rate.burst, left + (now - since) * self._rate.per_second)
            missing = cost - left
            self._buckets[address] = (left if missing > 0 else left - cost, now)
            if len(self._buckets) > MOST_ADDRESSES:
                self._buckets.popitem(last=False)
        return math.ceil(missing / self._rate.per_second) if missing > 0 else 0
