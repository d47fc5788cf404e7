"""How long a caller can wait: less than the usual, where somebody waits for him in turn."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
# Below this no call has a chance, and a limit of nothing would mean no limit at all.
SHORTEST = 0.05


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Calls made inside, all together, are given up when `seconds` have gone by.

    A call that is given up raises `lost` like any whose answer never came.
    """
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left(usual: float) -> float:
    """How long the next wait may be, where it would usually be `usual` seconds."""
    deadline = _deadline.get()
    return usual if deadline is None else max(min(usual, deadline - time.monotonic()), SHORTEST)
