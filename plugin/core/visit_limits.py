"""Limit how much one network address, or one API key, may request."""

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


class Taken(NamedTuple):
    """`wait`: seconds until the units are available, 0 where they were taken; `left`: whole units;
    `full_in`: seconds until `left` is the burst again."""

    wait: int
    left: int
    full_in: int


class VisitLimiter:
    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self._clock = rate, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, address: str, cost: float) -> int:
        """Take `cost` units; return 0, or the seconds until they are available."""
        return self.spend(address, cost).wait

    def spend(self, address: str, cost: float) -> Taken:
        burst, per_second = self.rate
        with self._lock:
            now = self._clock()
            left, since = self._buckets.pop(address, (burst, now))
            left = min(burst, left + (now - since) * per_second)
            missing = cost - left
            left = left if missing > 0 else left - cost
            self._buckets[address] = (left, now)
            if len(self._buckets) > MOST_ADDRESSES:
                self._buckets.popitem(last=False)
        wait = math.ceil(missing / per_second) if missing > 0 else 0
        return Taken(wait, math.floor(left), math.ceil((burst - left) / per_second))
