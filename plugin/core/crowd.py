"""How busy a door is: in a crowd, calls are only taken down, and worked on in batches after it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# More calls than this at once are a crowd, and the door reckons with more for so long.
AT_ONCE, LINGER = 4, 1.0


class Crowd:
    """Counts the calls that one process has in hand. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.disperse()

    def disperse(self) -> None:
        """Forget what was."""
        self._inside, self._until = 0, 0.0
        self._roused: dict[int, float] = {}

    @contextmanager
    def joined(self) -> Iterator[bool]:
        """Around a call; says whether it is one of many."""
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

    def was_roused(self, key: int, seconds: float) -> bool:
        """Whether the workers of `key` were woken by this process within so many seconds."""
        return time.monotonic() < self._roused.get(key, 0.0) + seconds

    def note_roused(self, key: int) -> None:
        """They have been woken just now."""
        self._roused[key] = time.monotonic()
