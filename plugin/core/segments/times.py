"""Turns conditions about times into spans between two moments, or two days."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple


class Span(NamedTuple):
    """From `start` until before `end`; None: without that limit."""

    start: datetime | None
    end: datetime | None


class Days(NamedTuple):
    """From the first day to the last; None: without that limit."""

    first: date | None
    last: date | None


def span_of(
    op: str, values: Sequence[date | datetime], days: int | None, now: datetime, zone: tzinfo
) -> Span:
    """Return when something happened for which a positive operator holds."""
    ago = now - timedelta(days=days or 0)
    if op == "within_days":
        return Span(ago, now + timedelta(seconds=1))
    if op == "more_than_days_ago":
        return Span(None, ago)
    if op == "in_next_days":
        return Span(now, now + timedelta(days=days or 0))
    if op == "is":
        day = _local_day(values[0], zone)
        return Span(_moment(day, zone), _end(day, zone))
    first, last = _moment(values[0], zone), _end(values[-1], zone)
    if op == "before":
        return Span(None, first)
    return Span(_end(values[0], zone), None) if op == "after" else Span(first, last)


def days_of(op: str, values: Sequence[date | datetime], days: int | None, today: date) -> Days:
    """Return the days for which a positive operator holds."""
    distance, day = timedelta(days=days or 0), timedelta(days=1)
    if op == "within_days":
        return Days(today - distance, today)
    if op == "more_than_days_ago":
        return Days(None, today - distance - day)
    if op == "in_next_days":
        return Days(today, today + distance)
    first, last = _day(values[0]), _day(values[-1])
    if op == "before":
        return Days(None, first - day)
    return Days(first + day, None) if op == "after" else Days(first, last)


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _local_day(value: date | datetime, zone: tzinfo) -> date:
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(zone)
    return _day(value)


def _moment(value: date | datetime, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def _end(value: date | datetime, zone: tzinfo) -> datetime:
    """Return when the day ends; a moment is its own end."""
    if isinstance(value, datetime):
        return _moment(value, zone)
    return _moment(value + timedelta(days=1), zone)
