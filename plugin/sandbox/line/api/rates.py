"""LINE's rate limits: a token bucket per channel and endpoint (Messaging API reference)."""

from plugin.sandbox.world import World

HOUR, MINUTE, SECOND = 3600, 60, 1
BOT = "/line-api/v2/bot"
DEFAULT = (2000, SECOND)
LIMITS = {
    f"POST {BOT}/message/narrowcast": (60, HOUR),
    f"POST {BOT}/message/broadcast": (60, HOUR),
    f"POST {BOT}/channel/webhook/test": (60, HOUR),
    f"GET {BOT}/insight/message/event/aggregation": (60, HOUR),
    f"POST {BOT}/richmenu": (100, HOUR),
    f"DELETE {BOT}/richmenu/<menu_id>": (100, HOUR),
    f"PUT {BOT}/channel/webhook/endpoint": (1000, MINUTE),
    f"GET {BOT}/channel/webhook/endpoint": (1000, MINUTE),
    f"GET {BOT}/richmenu/list": (10, SECOND),
    f"POST {BOT}/chat/loading/start": (100, SECOND),
    f"POST {BOT}/message/multicast": (200, SECOND),
}


def allows(world: World, channel: str, endpoint: str) -> bool:
    """Spend one request of the bucket; False when it is empty."""
    if not world.limits.get("line", True):
        return True
    # Parameters and body do not matter, so the key is the route and not the address.
    size, seconds = LIMITS.get(endpoint, DEFAULT)
    return take(world, f"{channel} {endpoint}", size, seconds)


def take(world: World, name: str, size: int, seconds: float) -> bool:
    """Take one from the bucket `name`, which holds `size` and refills in `seconds`."""
    now = world.clock.now()
    with world.store:
        buckets = world.memory.setdefault("line_buckets", {})
        left, at = buckets.get(name, (float(size), now))
        # A clock that a test turned back must not take anything away.
        left = min(float(size), left + max(0.0, now - at) * size / seconds)
        allowed = left >= 1
        buckets[name] = (left - 1 if allowed else left, now)
    return bool(allowed)
