"""Compare this machine's clock with the times in the platforms' responses and calls."""

import threading
from collections import deque

# HubSpot refuses signatures beyond this difference, in either direction.
TOLERATED_SECONDS = 300.0
# This many witnesses in a row are believed, if they agree with each other.
WITNESSES, AGREEMENT_SECONDS = 3, 60.0


def off_seconds(platform_time: float, local_time: float) -> float:
    """Return how far our clock is ahead of a platform's."""
    return local_time - platform_time


def is_off(seconds: float) -> bool:
    return abs(seconds) > TOLERATED_SECONDS


class ClockWatch:
    """Keeps the last differences. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: deque[tuple[float, float]] = deque(maxlen=WITNESSES)
        self.off_seconds = 0.0
        # By the last answer to a call of ours; None before the first.
        self.answered_seconds: float | None = None

    def note(self, platform_time: float, local_time: float, *, answered: bool = False) -> bool:
        """Compare two times (seconds since 1970); return whether the verdict changes. `answered`:
        the platform's time stood in its answer to our call, which nobody can replay."""
        with self._lock:
            if answered:
                self.answered_seconds = off_seconds(platform_time, local_time)
            before = self.off_seconds
            self._update(platform_time, off_seconds(platform_time, local_time))
            return bool(before) != bool(self.off_seconds)

    def _update(self, platform_time: float, difference: float) -> None:
        if not is_off(difference):
            # One time that agrees with ours proves the clock right.
            self._seen.clear()
            self.off_seconds = 0.0
        elif platform_time not in [moment for moment, _ in self._seen]:
            # A repeated time is no second witness: anybody can replay a call once signed.
            self._seen.append((platform_time, difference))
            differences = [seconds for _, seconds in self._seen]
            agreed = max(differences) - min(differences) <= AGREEMENT_SECONDS
            if len(differences) == WITNESSES and agreed:
                self.off_seconds = difference


# A process has one clock.
platform_clocks = ClockWatch()
