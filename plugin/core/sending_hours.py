"""Hours in which messages may go out: for each weekday, in a time zone, over midnight too."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from plugin.core.time_zones import zone_of

DAY = 24 * 60
# [from, until] in minutes of the day for each weekday from Monday on. `until` before `from` is
# past midnight; an equal pair closes the day.
Hours = Sequence[Sequence[int]]
MINUTE = timedelta(minutes=1)


def opens_at(hours: Hours, zone: str, at: datetime) -> datetime | None:
    """Return when the next window opens, in UTC; None: `at` lies in one, or there is none at all.
    An unknown zone counts as UTC."""
    place = zone_of(zone)
    # A window that began yesterday may still be open; the same weekday returns after seven days.
    first_day = at.astimezone(place).date() - timedelta(days=1)
    for start, end in _windows(hours, place, first_day):
        if start <= at < end:
            return None
        if start > at:
            return start
    return None


def longest_closed(hours: Hours) -> timedelta:
    """Return the longest time without a window, an hour more for a clock that is set back."""
    week = 7 * DAY
    windows = [
        (day * DAY + start, day * DAY + (end if end > start else end + DAY))
        for day, (start, end) in enumerate(hours)
        if start != end
    ]
    if not windows:
        return timedelta(0)
    longest, open_until = 0, 0
    for start, end in sorted([*windows, *((start + week, end + week) for start, end in windows)]):
        longest = max(longest, start - open_until) if open_until else longest
        open_until = max(open_until, end)
    return timedelta(minutes=longest + 60) if longest else timedelta(0)


def zone_named(text: str) -> str:
    """Return the IANA name in a contact's own value, which HubSpot's time zone property spells like
    `asia_slash_tokyo`; "" where there is none."""
    return _zones().get(text.strip().lower().replace("_slash_", "/"), "")


def fault_of_hours(hours: object) -> str:
    """Return what is wrong with hours that came from outside, "" for nothing."""
    if not isinstance(hours, list) or len(hours) != 7:
        return "days"
    for pair in hours:
        if not isinstance(pair, list) or len(pair) != 2 or not all(map(_is_minute, pair)):
            return "minutes"
    return "" if any(start != end for start, end in hours) else "closed"


def _is_minute(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= DAY


def _windows(hours: Hours, place: ZoneInfo, day: date) -> Iterator[tuple[datetime, datetime]]:
    for number in range(9):
        today = day + timedelta(days=number)
        start, end = hours[today.weekday()]
        if start != end:
            last = end if end > start else end + DAY
            yield _moment(today, start, place), _moment(today, last, place)


def _moment(day: date, minute: int, place: ZoneInfo) -> datetime:
    """Return the first moment at which the clock there shows this time or a later one."""
    shown = datetime.combine(day, time()) + minute * MINUTE
    moment = shown.replace(tzinfo=place).astimezone(UTC)
    # Where the clock skips the time, the moment of the skip: minutes later, it shows too much.
    while (moment - MINUTE).astimezone(place).replace(tzinfo=None) >= shown:
        moment -= MINUTE
    return moment


_NAMES: dict[str, str] = {}


def _zones() -> dict[str, str]:
    if not _NAMES:
        _NAMES.update({name.lower(): name for name in available_timezones()})
    return _NAMES
