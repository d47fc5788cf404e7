"""Figures, and how they are shown: the ratio to the limit of the same run is what counts."""

from typing import NamedTuple


class Figure(NamedTuple):
    """One line of the table. `ratio`: to the limit measured in the same run, which has 1."""

    name: str
    value: float
    unit: str
    ratio: float | None = None


def show(title: str, figures: list[Figure]) -> None:
    """Print a block of lines."""
    print(f"\n{title}")
    for one in figures:
        ratio = f"{one.ratio:7.2f}" if one.ratio is not None else " " * 7
        print(f"  {one.name:<58}{one.value:>12,.1f} {one.unit:<12}{ratio}", flush=True)
