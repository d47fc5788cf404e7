"""How far a broadcast is: counts that add up to its total, the rate, and when it may end."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from plugin.core.clock import utcnow
from plugin.models.broadcasts.broadcast import SENDING, Broadcast
from plugin.models.broadcasts.recipient import (
    FAILED,
    HELD_OUT,
    LEFT_OUT,
    SENT,
    UNKNOWN,
)
from plugin.models.broadcasts.tally import counts

Key = TypeVar("Key", str, int)
# A rate that was measured for a shorter time would be a guess.
SOONEST = timedelta(seconds=3)


@dataclass
class Progress:
    """`total` is the sum of all others; `waiting` includes those whose call is under way."""

    total: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    held_out: int = 0
    waiting: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    failed_reasons: dict[str, int] = field(default_factory=dict)
    # By variant: how many were sent.
    variants: dict[int, int] = field(default_factory=dict)
    rate_per_minute: int | None = None
    ends_at: datetime | None = None

    @property
    def percent(self) -> int:
        """Of those who are to get it: whoever is left out says nothing of how far it is."""
        done = self.sent + self.failed + self.unknown
        return 100 * done // (done + self.waiting) if done else 0


def progress_of(broadcast: Broadcast) -> Progress:
    """Read the tally: one statement."""
    progress = Progress()
    for row in counts(broadcast.id):
        progress.total += row.people
        if row.state == LEFT_OUT:
            _add(progress.left_out, row.reason, row.people)
        elif row.state == HELD_OUT:
            progress.held_out += row.people
        elif row.state == UNKNOWN:
            progress.unknown += row.people
        elif row.state == FAILED:
            progress.failed += row.people
            _add(progress.failed_reasons, row.reason, row.people)
        elif row.state == SENT:
            progress.sent += row.people
            _add(progress.variants, row.variant, row.people)
        else:
            progress.waiting += row.people
    _add_rate(progress, broadcast)
    return progress


def _add(counted: "dict[Key, int]", key: "Key", count: int) -> None:
    counted[key] = counted.get(key, 0) + count


def _add_rate(progress: Progress, broadcast: Broadcast) -> None:
    if broadcast.state != SENDING or broadcast.sending_since is None:
        return
    now, done = utcnow(), progress.sent + progress.failed + progress.unknown
    elapsed = now - broadcast.sending_since
    if elapsed < SOONEST or done <= broadcast.claimed_before:
        return
    per_second = (done - broadcast.claimed_before) / elapsed.total_seconds()
    progress.rate_per_minute = round(60 * per_second)
    if progress.waiting:
        progress.ends_at = now + timedelta(seconds=progress.waiting / per_second)
