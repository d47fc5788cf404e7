"""Charts drawn by the server: bars per day and the curve of a share, each with its figures."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from babel.dates import format_skeleton
from flask_babel import get_locale

# In units of the drawing, which grows with its column.
WIDTH, HEIGHT, FILLED = 320, 96, 0.72
MOST_ROWS = 31
Days = Mapping[date, int]


class Part(NamedTuple):
    """One kind of event; `path` draws its bars, in the syntax of SVG."""

    name: str
    label: str
    total: int
    path: str


class Bars(NamedTuple):
    """What happened per day, its parts stacked. `rows`: days or weeks with any, newest first.

    `width`: of a bar, in the drawing's units.
    """

    name: str
    title: str
    hint: str
    parts: list[Part]
    width: float
    top: int
    rows: list[tuple[str, list[int]]]

    @property
    def total(self) -> int:
        return sum(part.total for part in self.parts)


class Curve(NamedTuple):
    """A share per day; `low` and `high`: percent at the bottom and the top of the drawing."""

    line: str
    area: str
    low: int
    high: int
    # Day or week, linked and friends at its end; the newest first.
    rows: list[tuple[str, int, int]]


def bars(
    name: str, title: str, hint: str, days: Sequence[date], kinds: Sequence[tuple[str, str, Days]]
) -> Bars:
    """Draw kinds of events, each with its name, label and counts."""
    values = [[counts.get(day, 0) for day in days] for _, _, counts in kinds]
    sums = [sum(column) for column in zip(*values, strict=True)]
    top = max(1, *sums)
    heights = [0.0] * len(days)
    parts = []
    for (kind, label, _), row in zip(kinds, values, strict=True):
        parts.append(Part(kind, label, sum(row), _bars(row, heights, top)))
        tops = zip(heights, row, strict=True)
        heights = [height + value / top * HEIGHT for height, value in tops]
    rows = []
    for start, end in _spans(len(days)):
        figures = [sum(row[start:end]) for row in values]
        if any(figures):
            rows.append((day_word(days[start]), figures))
    width = round(WIDTH / len(days) * FILLED, 1)
    return Bars(name, title, hint, parts, width, top, rows[::-1])


def _bars(values: Sequence[int], heights: Sequence[float], top: int) -> str:
    # Strokes, which take half the letters that rectangles would.
    step = WIDTH / len(values)
    return "".join(
        # A bar is never so low that nobody sees it.
        f"M{(place + 0.5) * step:.1f} {HEIGHT - heights[place]:.1f}"
        f"v-{max(value / top * HEIGHT, 1.5):.1f}"
        for place, value in enumerate(values)
        if value
    )


def curve(days: Sequence[date], linked: Days, friends: Days, before: tuple[int, int]) -> Curve:
    """Draw the linked share at the end of each day; `before`: linked and friends before the first
    of them, to which the days' changes are added."""
    points = []
    standing, total = before
    for day in days:
        standing, total = standing + linked.get(day, 0), total + friends.get(day, 0)
        points.append((standing, total))
    shares = [100 * part / whole if whole else 0.0 for part, whole in points]
    # In tens, so that a share that hardly changes looks so; none lies on the ground but 0.
    low = max(int(-(-min(shares) // 10)) * 10 - 10, 0)
    high = max(low + 10, -int(-max(shares) // 10) * 10)
    heights = [HEIGHT - (share - low) / (high - low) * HEIGHT for share in shares]
    step = WIDTH / max(1, len(days) - 1)
    line = " ".join(f"{place * step:.1f},{height:.1f}" for place, height in enumerate(heights))
    rows = [(day_word(days[start]), *points[end - 1]) for start, end in _spans(len(days))]
    return Curve(line, f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}", low, high, rows[::-1])


def is_by_week(days: int) -> bool:
    """Whether the figures are of weeks: of so many days, each would be a page to scroll."""
    return days > MOST_ROWS


def _spans(days: int) -> list[tuple[int, int]]:
    """Return the places of each row's days; weeks end today, and the first may be short."""
    step = 7 if is_by_week(days) else 1
    return [(max(end - step, 0), end) for end in range(days, 0, -step)][::-1]


def day_word(day: date) -> str:
    return format_skeleton("MMMd", day, locale=get_locale())
