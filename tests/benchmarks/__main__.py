"""`python -m tests.benchmarks [rows]`: what has to be fast, beside the bare limit of the run."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.benchmarks.audiences.broadcasts import broadcasts
from tests.benchmarks.audiences.inboxes import inboxes
from tests.benchmarks.audiences.segments import segments
from tests.benchmarks.budget import budget
from tests.benchmarks.deliveries import deliveries
from tests.benchmarks.door import busy_door, door, machines
from tests.benchmarks.imports import imports, syncing
from tests.benchmarks.intake import intake
from tests.benchmarks.memory import memory
from tests.benchmarks.planting import planting
from tests.benchmarks.stage import Skipped, databases, stage
from tests.benchmarks.starts import starts
from tests.benchmarks.table import Figure, Measured, table
from tests.benchmarks.way import way
from tests.support.stage import Stage


class Bench(NamedTuple):
    """What is measured, and how many of it: as a rule and with --full."""

    measure: Callable[[Stage, int], list[Figure]]
    usual: int
    full: int

    def size(self, full: bool, quick: bool) -> int:
        """How many this time."""
        chosen = self.full if full else self.usual
        return max(chosen // 10, 1) if quick else chosen


BENCHES = {
    "busy-door": Bench(busy_door, 2_200, 10_000),
    "machines": Bench(machines, 2_200, 10_000),
    "door": Bench(door, 1_500, 10_000),
    "intake": Bench(intake, 3_000, 30_000),
    "way": Bench(way, 1_500, 10_000),
    "deliveries": Bench(deliveries, 5_000, 50_000),
    "import": Bench(imports, 5_000, 100_000),
    "broadcasts": Bench(broadcasts, 100_000, 100_000),
    "segments": Bench(segments, 1_000_000, 1_000_000),
    "inboxes": Bench(inboxes, 200, 200),
    "sync": Bench(syncing, 5_000, 100_000),
    "start": Bench(starts, 10, 30),
    "memory": Bench(memory, 3_000, 30_000),
    "planting": Bench(planting, 2_000, 20_000),
    "budget": Bench(budget, 32, 120),
}


def main(arguments: list[str] | None = None) -> None:
    """Measure the rows that were named, or all, on every database that is here; print a table."""
    options = _parser().parse_args(arguments)
    chosen = options.database or databases()
    began = time.monotonic()
    measured = [
        figure
        for name in options.names or BENCHES
        for database in chosen
        for figure in measure(name, database, BENCHES[name].size(options.full, options.quick))
    ]
    minutes = (time.monotonic() - began) / 60
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"{machine}; measured in {minutes:.1f} minutes\n")
    print(table(measured, chosen, options.markdown), flush=True)
    if any(one.skipped.startswith("FAILED") for one in measured):
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], help="all unless named")
    parser.add_argument("--full", action="store_true", help="much more: an import of 100,000")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--markdown", action="store_true", help="the table in Markdown")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    return parser


def measure(name: str, database: str, size: int) -> Iterator[Measured]:
    """Say at once what takes how long; the table comes at the end."""
    began = time.monotonic()
    try:
        with stage(database) as here:
            for figure in BENCHES[name].measure(here, size):
                yield Measured(name, database, figure)
        said = f"{time.monotonic() - began:.0f} s"
    except Skipped as reason:
        yield Measured(name, database, None, str(reason))
        said = f"skipped, {reason}"
    except AssertionError as reason:
        # The other rows are measured all the same; the exit status tells of it.
        yield Measured(name, database, None, f"FAILED: {reason}")
        said = f"failed, {reason}"
    print(f"{name}, {database}: {said}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
