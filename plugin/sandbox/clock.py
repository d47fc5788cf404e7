"""The sandbox's own clock, which a test may move forward."""

import time


class Clock:
    """Seconds since the epoch, plus an offset set over `/control/clock`."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset

    def millis(self) -> int:
        """Milliseconds, as both platforms stamp their events."""
        return int(self.now() * 1000)
