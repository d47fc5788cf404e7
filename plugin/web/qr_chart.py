"""A code's days as lines in a picture, and as the figures of a table."""

from datetime import date, timedelta
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.models.qr_code import QRCode, VisitCount

SPANS = (30, 90)
# In units of the drawing: room for the lines, the figures stand beside it.
WIDTH, HEIGHT = 640, 160


class Day(NamedTuple):
    """What happened on one day."""

    day: date
    scans: int
    logins: int
    links: int


class Line(NamedTuple):
    """One kind of event: `points` as SVG's polyline wants them."""

    name: str
    points: str
    total: int


class Chart(NamedTuple):
    """The last `span` days, today included, oldest first. `top`: the highest figure."""

    span: int
    days: list[Day]
    lines: list[Line]
    top: int


def chart(code: QRCode, span: int) -> Chart:
    """The way of the friends over the last days."""
    span = span if span in SPANS else SPANS[0]
    first = utcnow().date() - timedelta(days=span - 1)
    told = VisitCount.by_day(code.id, first)
    days = [_day(first + timedelta(days=number), told) for number in range(span)]
    top = max(1, *(max(day[1:]) for day in days))
    kinds = ("scans", "logins") if code.linkage_type == "none" else ("scans", "logins", "links")
    lines = [_line(kind, [getattr(day, kind) for day in days], top) for kind in kinds]
    return Chart(span, days, lines, top)


def _day(day: date, told: dict[date, dict[str, int]]) -> Day:
    counts = told.get(day, {})
    return Day(day, counts.get("scan", 0), counts.get("login", 0), counts.get("linked", 0))


def _line(name: str, values: list[int], top: int) -> Line:
    step = WIDTH / max(1, len(values) - 1)
    points = (
        f"{number * step:.1f},{HEIGHT - value / top * HEIGHT:.1f}"
        for number, value in enumerate(values)
    )
    return Line(name, " ".join(points), sum(values))
