"""When a receiver that did not take an event is asked again, and when that ends."""

from datetime import datetime, timedelta

PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 28_800)
)
# An event that was refused for so long is given up, and its friend's next one has its turn.
GIVEN_UP_AFTER = timedelta(days=3)
# A receiver that took nothing at all for so long is switched off.
SWITCHED_OFF_AFTER = timedelta(days=5)
# Where nothing was tried for so long, what failed before says nothing of today.
FORGOTTEN_AFTER = timedelta(days=1)
# Events and what became of them are kept for so long, and can be replayed meanwhile.
EVENTS_KEPT = timedelta(days=14)
# More events than this that fail in a row mean the receiver: it rests, then gets one at a time.
FAILURES_OF_EVENTS = 3
LONGEST_REST = timedelta(hours=1)
# What a receiver may ask for by `Retry-After`.
LONGEST_ASKED = timedelta(hours=8)

# Another tool's webhook: LINE's reply tokens are worth a minute, so late copies help nobody.
RELAY_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 20, 30, 60))
RELAYED_WITHIN = timedelta(minutes=15)
# Calls that only waited for a worker of ours: the other tool gets them later than not at all.
UNTRIED_KEPT = timedelta(hours=1)
# Of 4xx, those that ask for another try: Request Timeout, Too Early, Too Many Requests.
_MAY_BE_REPEATED = (408, 425, 429)


def next_try(attempts: int, now: datetime, chance: float, asked: float | None) -> datetime:
    """Return when to try again after `attempts`, not before the `asked` seconds are over; `chance`
    is in 0..1."""
    pause = _pause(PAUSES, attempts) * (0.9 + chance / 5)
    if asked is not None:
        pause = max(pause, min(timedelta(seconds=asked), LONGEST_ASKED))
    return now + pause


def rest_of(failures: int, now: datetime) -> datetime | None:
    """Return until when a receiver rests after so many failures in a row; None: it does not."""
    beyond = failures - FAILURES_OF_EVENTS
    return now + min(_pause(PAUSES, beyond), LONGEST_REST) if beyond > 0 else None


def is_given_up(first_try: datetime, now: datetime) -> bool:
    return now - first_try >= GIVEN_UP_AFTER


def is_long_ago(last_failure: datetime | None, now: datetime) -> bool:
    """Whether a receiver that fails after such a time begins to fail anew."""
    return last_failure is None or now - last_failure >= FORGOTTEN_AFTER


def is_refused_for_good(status: int) -> bool:
    """Whether a tool that answered so will never take this very call."""
    return 400 <= status < 500 and status not in _MAY_BE_REPEATED


def next_relay(attempts: int, now: datetime) -> datetime:
    return now + _pause(RELAY_PAUSES, attempts)


def _pause(pauses: tuple[timedelta, ...], number: int) -> timedelta:
    """Return the pause after try `number`, which counts from 1."""
    return pauses[min(max(number, 1), len(pauses)) - 1]
