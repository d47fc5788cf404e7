"""The sandbox's own time, which a test may push forward."""

import time


class Clock:
    """Seconds since the epoch, plus an offset told over `/control/clock`."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Seconds."""
        return time.time() + self.offset

    def millis(self) -> int:
        """Milliseconds, as both platforms stamp their events."""
        return int(self.now() * 1000)
