"""When to retry, and the key that makes a retry idempotent."""

import uuid
from datetime import datetime, timedelta

# LINE keeps a retry key for 24 hours from the first attempt; after that it sends a new message.
KEY_LIFE = timedelta(hours=24)
_NAMESPACE = uuid.UUID("5f3c2e8a-6d0b-5f6e-9c5d-6d7573756269")


def retry_key(*parts: object) -> str:
    return str(uuid.uuid5(_NAMESPACE, "|".join(map(str, parts))))


def key_is_alive(first_try: datetime | None, now: datetime) -> bool:
    # An hour is kept as a margin.
    return first_try is None or now - first_try < KEY_LIFE - timedelta(hours=1)


def back_off(attempts: int, chance: float, patient: bool = True) -> timedelta:
    """Return 1, 2, 4 ... 600 seconds with jitter; `chance` is in 0..1."""
    steps = max(attempts - 1, 0)
    # A person waits: at most 8 seconds for the first 20 attempts.
    if not patient:
        steps = min(steps, 3) + max(steps - 19, 0)
    seconds = min(2.0**steps, 600.0)
    return timedelta(seconds=seconds * (0.5 + chance / 2))
