"""Lanes: each kind of caller has its own threads and a bounded queue."""

import time
from collections import Counter
from typing import Any, NamedTuple

import structlog
from waitress.task import ThreadedTaskDispatcher

from plugin.server.refusals import Busy

log = structlog.get_logger()
KILO, MEGA = 1024, 1024 * 1024
# Refusals are counted, and logged this often at most.
LOG_SECONDS = 10.0


class Lane(NamedTuple):
    """Paths that begin with one of `prefixes`; "" takes the rest."""

    name: str
    prefixes: tuple[str, ...]
    threads: int
    # How many requests may queue.
    waiting: int
    # Bytes of the largest body, and of all bodies of the lane together.
    body: int
    held: int
    # How long a request may take to arrive.
    seconds: float


# LINE and HubSpot wait a second or two: a burst on the pages must not fill their lanes.
LINE = Lane("line", ("/line/webhooks/",), 8, 500, MEGA, 16 * MEGA, 10)
HUBSPOT = Lane(
    "hubspot",
    ("/hubspot/actions/", "/hubspot/webhooks", "/hubspot/app/", "/hubspot/channel/"),
    10, 1500, MEGA, 16 * MEGA, 10,
)  # fmt: skip
OPERATORS = Lane("operators", ("/healthz", "/readyz", "/metrics"), 2, 50, 0, MEGA, 5)
SANDBOX = Lane("sandbox", ("/sandbox",), 16, 500, 16 * MEGA, 64 * MEGA, 30)
# Phones that show a broadcast's pictures come all at once, and may read slowly.
MEDIA = Lane("media", ("/media/",), 4, 500, 12 * MEGA, 32 * MEGA, 30)
PUBLIC = Lane("public", ("",), 12, 500, 12 * MEGA, 64 * MEGA, 30)


def lanes_for(sandbox: bool) -> tuple[Lane, ...]:
    return (LINE, HUBSPOT, OPERATORS, *((SANDBOX,) if sandbox else ()), MEDIA, PUBLIC)


class Lanes:
    """waitress's task dispatcher: hands each request to the threads of its lane."""

    def __init__(self, lanes: tuple[Lane, ...]) -> None:
        self.lanes = lanes
        self._pools = {lane: _pool(lane.threads) for lane in lanes}
        # Refusals are ready-made, so one thread keeps up with any number of them.
        self._refusing = _pool(1)
        self._refused: Counter[str] = Counter()
        self._logged_at = 0.0

    def of(self, path: str) -> Lane:
        return next(lane for lane in self.lanes if path.startswith(lane.prefixes))

    def add_task(self, channel: Any) -> None:
        request = channel.requests[0]
        pool = self._refusing
        if not request.error:
            lane = self.of(request.path)
            if len(self._pools[lane].queue) < lane.waiting:
                pool = self._pools[lane]
            else:
                request.error = Busy()
                self.count_refusal(lane.name)
        pool.add_task(channel)

    def count_refusal(self, reason: str) -> None:
        self._refused[reason] += 1
        now = time.monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            log.warning("requests_refused", **self._refused)
            self._refused.clear()
            self._logged_at = now

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> None:
        """Start nothing more; wait up to `timeout` seconds for the requests in progress."""
        end = time.monotonic() + timeout
        pools = [*self._pools.values(), self._refusing]
        for pool in pools:
            pool.set_thread_count(0)
        for pool in pools:
            pool.shutdown(cancel_pending, max(end - time.monotonic(), 0.0))


def _pool(threads: int) -> Any:
    pool = ThreadedTaskDispatcher()
    pool.set_thread_count(threads)
    return pool
