"""A code's daily counts, as a chart and as a table."""

from datetime import date, timedelta
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.login_flow.visit_count import VisitCount

SPANS = (30, 90)
# In units of the drawing; the figures stand beside it.
WIDTH, HEIGHT = 640, 160


class Day(NamedTuple):
    """The counts of a day."""

    day: date
    scans: int
    logins: int
    links: int


class Line(NamedTuple):
    """A kind of event; `points` in the syntax of SVG's polyline."""

    name: str
    points: str
    total: int


class Chart(NamedTuple):
    """The last `span` days with today, oldest first. `top`: the highest figure."""

    span: int
    days: list[Day]
    lines: list[Line]
    top: int


def chart(code: QRCode, span: int) -> Chart:
    span = span if span in SPANS else SPANS[0]
    first = utcnow().date() - timedelta(days=span - 1)
    by_day = VisitCount.by_day(code.id, first)
    days = [_day(first + timedelta(days=number), by_day) for number in range(span)]
    top = max(1, *(max(day[1:]) for day in days))
    kinds = ("scans", "logins") if code.linkage_type == "none" else ("scans", "logins", "links")
    lines = [_line(kind, [getattr(day, kind) for day in days], top) for kind in kinds]
    return Chart(span, days, lines, top)


def _day(day: date, by_day: dict[date, dict[str, int]]) -> Day:
    of_day = by_day.get(day, {})
    return Day(day, of_day.get("scan", 0), of_day.get("login", 0), of_day.get("linked", 0))


def _line(name: str, values: list[int], top: int) -> Line:
    step = WIDTH / max(1, len(values) - 1)
    points = (
        f"{number * step:.1f},{HEIGHT - value / top * HEIGHT:.1f}"
        for number, value in enumerate(values)
    )
    return Line(name, " ".join(points), sum(values))
