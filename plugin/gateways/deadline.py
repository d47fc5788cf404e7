"""Deadlines for calls to the platforms while a person waits for a response."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
# A shorter wait gives no call a chance, and 0 would mean no time limit at all.
SHORTEST = 0.05


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Abort calls made inside after `seconds` in total; an aborted call raises `lost`."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left(usual: float) -> float:
    """Return the seconds until the deadline, `usual` at most."""
    deadline = _deadline.get()
    return usual if deadline is None else max(min(usual, deadline - time.monotonic()), SHORTEST)
