"""Figures, and how they are shown: the ratio to the limit of the same run is what counts."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

NOTHING = "–"
TITLES = ("limit", "ours", "ratio")
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Figure(NamedTuple):
    """One line of the table; `limit` is what the same run measured without Musubi, if anything."""

    what: str
    unit: str
    limit: float | None
    ours: float

    @property
    def cells(self) -> list[str]:
        """Limit, ours and ratio as text."""
        if self.limit is None:
            return [NOTHING, _number(self.ours), NOTHING]
        return [_number(self.limit), _number(self.ours), f"{self.ours / self.limit:.2f}"]


class Measured(NamedTuple):
    """A figure of a row on a database, or why the row was skipped there."""

    row: str
    database: str
    figure: Figure | None
    skipped: str = ""

    @property
    def what(self) -> tuple[str, str]:
        """What stands in front of the figures."""
        return (self.figure.what, self.figure.unit) if self.figure else ("", "")


def table(measured: Sequence[Measured], databases: Sequence[str], markdown: bool = False) -> str:
    """All figures, those of one row together, with a group of columns for each database."""
    columns = [f"{NAMES[name]}: {title}" for name in databases for title in TITLES]
    lines = [["row", "what", "unit", *columns]]
    for row, some in groupby(measured, lambda one: one.row):
        lines += _lines(row, list(some), databases)
    return "\n".join(_markdown(lines) if markdown else _plain(lines))


def _lines(row: str, some: list[Measured], databases: Sequence[str]) -> Iterable[list[str]]:
    shown = {(one.what, one.database): one.figure for one in some if one.figure}
    skipped = {one.database: one.skipped for one in some if not one.figure}
    for what in dict.fromkeys(one.what for one in some if one.figure):
        found = [shown.get((what, database)) for database in databases]
        cells = [cell for one in found for cell in (one.cells if one else [NOTHING] * 3)]
        yield [row, *what, *cells]
    for database, reason in skipped.items():
        yield [row, f"skipped on {NAMES[database]}: {reason}", "", *[NOTHING] * 3 * len(databases)]


def _number(value: float) -> str:
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{decimals}f}"


def _markdown(lines: list[list[str]]) -> Iterable[str]:
    for number, cells in enumerate(lines):
        yield f"| {' | '.join(cells)} |"
        if not number:
            yield f"|{' --- |' * 3}{' ---: |' * (len(cells) - 3)}"


def _plain(lines: list[list[str]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        both = [*zip(cells, widths, strict=True)]
        left, right = both[:3], both[3:]
        words = [cell.ljust(width) for cell, width in left]
        yield "  ".join(words + [cell.rjust(width) for cell, width in right]).rstrip()
