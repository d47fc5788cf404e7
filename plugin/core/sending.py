"""When to try again, and the key that makes a repeat harmless."""

import uuid
from datetime import datetime, timedelta

# LINE keeps a retry key for 24 hours from the first try; past that it would be a new message.
KEY_LIFE = timedelta(hours=24)
_NAMESPACE = uuid.UUID("5f3c2e8a-6d0b-5f6e-9c5d-6d7573756269")


def retry_key(*parts: object) -> str:
    """The UUID (v5) that the same work always gets, however often it is asked for."""
    return str(uuid.uuid5(_NAMESPACE, "|".join(map(str, parts))))


def key_is_alive(first_try: datetime | None, now: datetime) -> bool:
    """Whether repeating under the same key is still safe; an hour is kept as a margin."""
    return first_try is None or now - first_try < KEY_LIFE - timedelta(hours=1)


def back_off(attempts: int, chance: float) -> timedelta:
    """1, 2, 4 ... 600 seconds, with jitter; `chance` in 0..1."""
    seconds = min(2.0 ** max(attempts - 1, 0), 600.0)
    return timedelta(seconds=seconds * (0.5 + chance / 2))
