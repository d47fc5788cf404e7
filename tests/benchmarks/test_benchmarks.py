"""Every row of `make bench` can be measured; how fast anything is, no test says."""

import pytest

from tests.benchmarks.__main__ import BENCHES, measure
from tests.benchmarks.table import Figure, Measured, table

pytestmark = pytest.mark.slow
NOT_HERE = {"machines": "several machines need PostgreSQL"}


@pytest.mark.parametrize("row", BENCHES)
def test_every_row_has_figures(row: str) -> None:
    measured = list(measure(row, "sqlite", BENCHES[row].size(full=False, quick=True)))
    assert measured
    figures = [one.figure for one in measured if one.figure]
    skipped = {one.row: one.skipped for one in measured if not one.figure}
    assert skipped == {name: why for name, why in NOT_HERE.items() if name == row}
    assert not [one for one in figures if one.ours <= 0 or one.limit == 0]


@pytest.mark.parametrize("markdown", [False, True])
def test_the_table_shows_figures_and_what_was_skipped(markdown: bool) -> None:
    measured = [
        Measured("door", "sqlite", Figure("the door", "calls/s", 1_000, 512.3)),
        Measured("door", "postgresql", Figure("the door", "calls/s", 20, 5)),
        Measured("machines", "sqlite", None, "no broker"),
    ]
    shown = table(measured, ["sqlite", "postgresql"], markdown)
    assert [*shown.splitlines()[-2].replace("|", " ").split()] == (
        ["door", "the", "door", "calls/s", "1,000", "512", "0.51", "20.0", "5.00", "0.25"]
    )
    assert "skipped on SQLite: no broker" in shown.splitlines()[-1]
