"""The calendar of broadcasts, planned and past, and how many people get several in a week."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy import func

from plugin.core.clock import utcnow
from plugin.core.time_zones import zone_of
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import CANCELLED, SCHEDULED, Broadcast
from plugin.models.broadcasts.overlap import Overlap, overlap_of
from plugin.services.broadcasts.overlap import Planned, planned_overlap
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.words import STATE_WORDS
from plugin.web.layout import page
from plugin.web.session import person, tenant

# A month with more broadcasts than this shows the first ones, and says so.
MOST = 400
# Beyond this many broadcasts in a week, their overlap is not looked at.
MOST_COMPARED, MOST_PLANNED = 12, 5
FIRST_YEAR, LAST_YEAR = 2000, 2999
WEEK = timedelta(days=7)


class Week(NamedTuple):
    """Seven days from a Monday on; `overlaps` by the name of the Official Account. `planned`: each
    broadcast that has not started, in the view of one week."""

    days: list[date]
    overlaps: dict[str, Overlap]
    planned: list[tuple[Broadcast, Planned]]


@blueprint.get("/broadcasts/calendar")
def calendar() -> str:
    """Show a month, or with `?week=` the week of that day."""
    zone = zone_of(person().installation.time_zone)
    today = utcnow().astimezone(zone).date()
    by_week = "week" in request.args
    first = _day(request.args.get("week", "")) or _day(request.args.get("month", "") + "-01")
    begin = first or today
    begin = _monday(begin) if by_week else begin.replace(day=1)
    end = begin + WEEK if by_week else _next_month(begin)
    mondays = _mondays(begin, end)
    rows = _between(_moment(mondays[0], zone), _moment(mondays[-1] + WEEK, zone))
    days = defaultdict(list)
    for row in rows[:MOST]:
        days[moment_of(row).astimezone(zone).date()].append(row)
    return page(
        "broadcasts/calendar.html",
        "broadcasts",
        weeks=[_week(monday, days, by_week) for monday in mondays],
        days=days,
        moment_of=moment_of,
        states=STATE_WORDS,
        begin=begin,
        today=today,
        by_week=by_week,
        before=_monday(begin) - WEEK if by_week else (begin - timedelta(days=1)).replace(day=1),
        after=end,
        too_many=len(rows) > MOST,
    )


def moment_of(broadcast: Broadcast) -> datetime:
    """Return when a broadcast went out, or will."""
    at = broadcast.first_sent_at or broadcast.schedule_at or broadcast.frozen_at
    return at or broadcast.created_at


def _between(start: datetime, end: datetime) -> list[Broadcast]:
    at = func.coalesce(Broadcast.first_sent_at, Broadcast.schedule_at, Broadcast.frozen_at)
    planned = Broadcast.frozen_at.is_not(None) | (Broadcast.state == SCHEDULED)
    statement = Broadcast.owned(tenant()).where(planned, at >= start, at < end)
    return list(db.session.scalars(statement.order_by(at, Broadcast.id).limit(MOST + 1)))


def _week(monday: date, rows: dict[date, list[Broadcast]], by_week: bool) -> Week:
    days = [monday + timedelta(days=number) for number in range(7)]
    of_account: defaultdict[int, list[Broadcast]] = defaultdict(list)
    for row in [row for day in days for row in rows.get(day, ())]:
        if row.state != CANCELLED:
            of_account[row.official_account_id].append(row)
    compared = [found for found in of_account.values() if 1 < len(found) <= MOST_COMPARED]
    planned = [pair for found in compared for pair in _planned(found)] if by_week else []
    return Week(days, _overlaps(compared), planned)


def _overlaps(compared: list[list[Broadcast]]) -> dict[str, Overlap]:
    overlaps = {}
    for rows in compared:
        frozen = [row.id for row in rows if row.frozen_at is not None]
        if len(frozen) > 1:
            overlaps[rows[0].official_account.name] = overlap_of(frozen)
    return overlaps


def _planned(rows: list[Broadcast]) -> Iterator[tuple[Broadcast, Planned]]:
    for row in [row for row in rows if row.frozen_at is None][:MOST_PLANNED]:
        found = planned_overlap(row, [other for other in rows if other is not row])
        if found is not None:
            yield row, found


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year < LAST_YEAR else None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _mondays(begin: date, end: date) -> list[date]:
    monday, mondays = _monday(begin), []
    while monday < end:
        mondays.append(monday)
        monday += WEEK
    return mondays


def _moment(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
