"""HubSpot's rate limits for marketplace apps, per portal: 110 in 10 s, searches 5 in 1 s."""

import threading
from collections import defaultdict, deque

from plugin.sandbox.hubspot.api.answers import Refused
from plugin.sandbox.world import World

BURST, BURST_SECONDS = 110, 10
SEARCHES, SEARCH_SECONDS = 5, 1


class Windows:
    """The times of the latest calls of every portal."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moments: dict[str, deque[float]] = defaultdict(deque)

    def take(self, key: str, now: float, limit: int, seconds: int) -> int | None:
        """Take one call; return how many are left, or None beyond the limit."""
        with self._lock:
            moments = self._moments[key]
            while moments and moments[0] <= now - seconds:
                moments.popleft()
            if len(moments) >= limit:
                return None
            moments.append(now)
            return limit - len(moments)


def spend(world: World, portal: int, search: bool) -> dict[str, str]:
    """Return headers (none for searches). Raises a 429 `Refused` beyond the limit."""
    if not world.limits.get("hubspot", True):
        # Headers as if nothing were used, so that careful callers go at full speed.
        return {} if search else _headers(BURST)
    windows: Windows = world.memory.setdefault("hubspot-windows", Windows())
    now = world.clock.now()
    if search:
        if windows.take(f"search:{portal}", now, SEARCHES, SEARCH_SECONDS) is None:
            raise _refusal("secondly", "SECONDLY", {})
        return {}
    left = windows.take(f"burst:{portal}", now, BURST, BURST_SECONDS)
    if left is None:
        raise _refusal("ten_secondly_rolling", "TEN_SECONDLY_ROLLING", _headers(0))
    return _headers(left)


def _headers(left: int) -> dict[str, str]:
    return {
        "X-HubSpot-RateLimit-Max": str(BURST),
        "X-HubSpot-RateLimit-Remaining": str(left),
        "X-HubSpot-RateLimit-Interval-Milliseconds": str(BURST_SECONDS * 1000),
    }


def _refusal(limit: str, policy: str, headers: dict[str, str]) -> Refused:
    return Refused(
        429,
        f"You have reached your {limit} limit.",
        "RATE_LIMITS",
        headers=headers,
        errorType="RATE_LIMIT",
        policyName=policy,
    )
