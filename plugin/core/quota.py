"""A month's messages: how full, where it is heading, and when it begins again."""

from datetime import datetime, timedelta, timezone

# LINE counts by calendar month in Japan's time, whatever the account's country.
MONTH_ZONE = timezone(timedelta(hours=9))
WARN_PERCENT = 80
# Before that much of a month has passed a forecast would be a guess.
SOONEST = timedelta(days=1)


def month_of(moment: datetime) -> datetime:
    """When the month of `moment` began."""
    local = moment.astimezone(MONTH_ZONE)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(moment: datetime) -> datetime:
    """When the count begins again."""
    # Day 1 and 32 days are always in the month after, whichever month it is.
    return month_of(month_of(moment) + timedelta(days=32))


def percent(used: int, limit: int | None) -> int | None:
    """How full, rounded down so that 100 means nothing is left; None where there is no limit."""
    if limit is None:
        return None
    return 100 * used // limit if limit else 100


def forecast(used: int, now: datetime) -> int | None:
    """What the month comes to if it goes on as it did; None on its first day."""
    begun, end = month_of(now), next_month(now)
    if now - begun < SOONEST:
        return None
    return round(used * ((end - begun) / (now - begun)))


def standing(used: int, limit: int | None) -> str:
    """`fine`, `near` from 80 percent on, `full` when nothing is left."""
    share = percent(used, limit)
    if share is None or share < WARN_PERCENT:
        return "fine"
    return "full" if share >= 100 else "near"
