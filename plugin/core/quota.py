"""The monthly message quota: usage, forecast, and when the count restarts."""

from datetime import date, datetime, timedelta, timezone

# LINE counts by calendar month in Japan's time, whatever the account's country.
MONTH_ZONE = timezone(timedelta(hours=9))
WARN_PERCENT = 80
# Earlier in the month, a forecast would be a guess.
SOONEST = timedelta(days=1)


def month_of(moment: datetime) -> datetime:
    local = moment.astimezone(MONTH_ZONE)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def day_of(moment: datetime) -> date:
    """Return LINE's day, which is Japan's whatever the account's country."""
    return moment.astimezone(MONTH_ZONE).date()


def next_month(moment: datetime) -> datetime:
    # Day 1 plus 32 days always lies in the following month.
    return month_of(month_of(moment) + timedelta(days=32))


def percent(used: int, limit: int | None) -> int | None:
    """Return the used share, rounded down: 100 means nothing is left. None without a limit."""
    if limit is None:
        return None
    return 100 * used // limit if limit else 100


def forecast(used: int, now: datetime) -> int | None:
    begun, end = month_of(now), next_month(now)
    if now - begun < SOONEST:
        return None
    return round(used * ((end - begun) / (now - begun)))


def standing(used: int, limit: int | None) -> str:
    share = percent(used, limit)
    if share is None or share < WARN_PERCENT:
        return "fine"
    return "full" if share >= 100 else "near"
