"""The order in which tests run on several cores, and the files that last longest.

`make test` hands each test to the process that is free next. A test that lasts a minute must
therefore begin early: at the end it would run alone while all other cores idle.
"""

from collections import defaultdict
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# Each lasts from ten seconds to minutes; the longest come first.
LONG = ("kill", "broker", "slow", "browser")
# Tests with one of these in their ids run in one process, one after the other: a broker has one
# set of queues for all tests, the house tests share one measurement of the code, HubSpot's parser
# is installed once, and a test that kills processes wants the machine for its own ones.
TOGETHER = {
    "[redis": "brokers",
    "[rabbitmq": "brokers",
    "tests/kill/test_machines.py": "brokers",
    "tests/house/": "house",
    "test_hubspot_parser": "parser",
    "tests/kill/": "processes",
    "tests/server/": "processes",
}


class OneByOne(LoadScopeScheduling):  # type: ignore[misc]  # xdist says nothing about its types
    """Tests go out one at a time, in their order; those that belong together go as one."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return next((name for sign, name in TOGETHER.items() if sign in nodeid), nodeid)


def long_tests_first(items: list[pytest.Item]) -> None:
    """Sort the tests: those with a marker of `LONG` come first."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    """0 for the marker that comes first, and the largest number for a test without any of them."""
    ranks = [rank for rank, name in enumerate(LONG) if item.get_closest_marker(name)]
    return min(ranks, default=len(LONG))


def report_slowest_files(reporter: pytest.TerminalReporter) -> None:
    """Print the ten files that take the longest, wherever `--durations` asks for durations."""
    if reporter.config.getoption("durations") is None:
        return
    seconds: dict[str, float] = defaultdict(float)
    for reports in reporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid.partition("::")[0]] += report.duration
    reporter.section("slowest 10 files")
    for name in sorted(seconds, key=lambda name: -seconds[name])[:10]:
        reporter.write_line(f"{seconds[name]:.2f}s {name}")
