"""How busy an entry point is: under load, calls are queued and then run in batches."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

# More concurrent calls than this are a burst, which is expected to last this many seconds more.
AT_ONCE, LINGER = 4, 1.0


class LoadGauge:
    """Counts the calls in progress in one process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self._inside, self._until = 0, 0.0
        self._woken: dict[int, float] = {}
        self._holds: dict[int, tuple[float, timedelta]] = {}

    @contextmanager
    def enter(self) -> Iterator[bool]:
        """Count a call while the block runs; yield whether the process is under load."""
        now = time.monotonic()
        with self._lock:
            self._inside += 1
            if self._inside > AT_ONCE:
                self._until = now + LINGER
        try:
            yield now < self._until
        finally:
            with self._lock:
                self._inside -= 1

    def was_woken(self, key: int, seconds: float) -> bool:
        return time.monotonic() < self._woken.get(key, 0.0) + seconds

    def known_hold(self, key: int, seconds: float) -> timedelta | None:
        noted, hold = self._holds.get(key, (0.0, timedelta(0)))
        return hold if time.monotonic() < noted + seconds else None

    def note_hold(self, key: int, hold: timedelta) -> None:
        self._holds[key] = (time.monotonic(), hold)

    def note_woken(self, key: int) -> None:
        self._woken[key] = time.monotonic()
