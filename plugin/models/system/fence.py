"""A worker that lost a job's lease writes nothing more for it and makes no more calls."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# A step checks before each call and each transaction whether its lease still holds. That costs no
# query: the process knows the lease's end by a clock that goes on while the process is frozen. What
# began in time ends in time: the margin is longer than a call takes (`gateways.pool.Timeouts`) and
# than a transaction may be idle (`limits.SESSION_LIMITS`).
MARGIN = 20.0


class LeaseLost(Exception):
    """Another worker may have the job by now."""


class Hold:
    """A lease of `seconds`, as far as this process knows, taken just after the `uptime` `began`.
    Nothing may begin in its last `margin` seconds."""

    def __init__(self, seconds: float, margin: float = MARGIN, began: float | None = None) -> None:
        self.seconds, self.margin = seconds, margin
        self.began = uptime() if began is None else began
        self._until = self.began + seconds

    def renew(self, asked_at: float) -> None:
        """Extend the lease to its full length from this `uptime`, at which it still held."""
        if self._until:
            self._until = asked_at + self.seconds

    def end(self) -> None:
        self._until = 0.0

    @property
    def is_good(self) -> bool:
        return uptime() < self._until - self.margin


_hold: ContextVar[Hold | None] = ContextVar("hold", default=None)


@contextmanager
def under(hold: Hold | None) -> Iterator[None]:
    token = _hold.set(hold)
    try:
        yield
    finally:
        _hold.reset(token)


def is_under_hold() -> bool:
    return _hold.get() is not None


def check_hold() -> None:
    """Raise `LeaseLost` if nothing may begin any more. Outside of a job nothing can be lost."""
    hold = _hold.get()
    if hold is not None and not hold.is_good:
        raise LeaseLost("The lease of this job is over")


def uptime() -> float:
    """Return seconds by a clock that is never set and, where possible, counts a machine's sleep."""
    return time.clock_gettime(_CLOCK)


_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
