"""How many messages of a broadcast may go out now, where a person wants it slower than LINE."""

import math
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


def next_allowance(
    per_minute: int | None,
    spread_minutes: int | None,
    people: int,
    done: int,
    since: datetime,
    now: datetime,
) -> tuple[int | None, datetime | None]:
    """Return how many may go out now (None: any number), or when some may. `people`: all who get
    it; `done`: those since the moment `since`."""
    rates = [per_minute] if per_minute else []
    if spread_minutes:
        rates.append(math.ceil(people / spread_minutes))
    if not rates:
        return None, None
    # Each minute's share goes out at its beginning: few calls, and never more in any minute.
    begun = (now - since) // MINUTE + 1
    allowed = min(rates) * begun - done
    return (allowed, None) if allowed > 0 else (0, since + begun * MINUTE)
