"""`python -m tests.benchmarks [names]`: what has to be fast, beside the bare limit of the run."""

import argparse
import os
import platform
from collections.abc import Callable

from tests.benchmarks.budget import budget
from tests.benchmarks.deliveries import deliveries
from tests.benchmarks.door import busy_door, door, way
from tests.benchmarks.imports import imports
from tests.benchmarks.planting import planting
from tests.benchmarks.stage import databases, stage
from tests.benchmarks.table import Figure, show
from tests.support.stage import Stage

Bench = Callable[[Stage, int], list[Figure]]
BENCHES: dict[str, tuple[Bench, int, int]] = {
    # What, and how many of it: as a rule, and with --full.
    "deliveries": (deliveries, 5_000, 50_000),
    "planting": (planting, 2_000, 20_000),
    "budget": (budget, 32, 120),
    "door": (door, 1_500, 10_000),
    "busy-door": (busy_door, 2_200, 10_000),
    "way": (way, 1_500, 10_000),
    "import": (imports, 5_000, 100_000),
}


def main(arguments: list[str] | None = None) -> None:
    """Run the benches that were named, or all, on every database that is here."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], help="all unless named")
    parser.add_argument("--full", action="store_true", help="ten times as much: 50,000 deliveries")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    options = parser.parse_args(arguments)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    for name in options.names or BENCHES:
        bench, count, full = BENCHES[name]
        for database in options.database or databases():
            with stage(database) as here:
                show(f"{name}, {database}", bench(here, full if options.full else count))


if __name__ == "__main__":
    main()
