"""Deliveries a second through one and two worker processes, beside a bare loop of the client."""

import time

from plugin.scheduler.worker_pool import CONCURRENCY
from tests.benchmarks.platforms import LINE_TAKES, Platforms, bare_pushes, platforms
from tests.benchmarks.stage import quiet
from tests.benchmarks.table import Figure
from tests.benchmarks.way import AT_ONCE
from tests.support.crowd import gather, owe_messages
from tests.support.processes import Musubi, ending, wait_until
from tests.support.stage import Stage

WARM_UP = 64


def deliveries(stage: Stage, count: int) -> list[Figure]:
    """Messages a second; the limit is the same HTTP client doing the same calls."""
    people = gather(stage.world, stage.tenant, count, contacts=False).friend_ids
    cases = ((0.0, CONCURRENCY["send"], "LINE at once"), (LINE_TAKES, AT_ONCE, "LINE at 50 ms"))
    figures = []
    for seconds, at_once, when in cases:
        with platforms(stage, seconds) as there:
            bare = bare_pushes(there.url, count, at_once)
        for workers in (1, 2):
            with platforms(stage, seconds) as there:
                rate = _through(stage, there, people, workers)
            name = f"sends alone, {workers} worker{'s' * (workers > 1)}, {when}"
            figures.append(Figure(name, "messages/s", bare, rate))
    return figures


def _through(stage: Stage, there: Platforms, people: list[int], workers: int) -> float:
    """From when they are due to the last push, after a warm-up; the processes run before."""
    processes = [Musubi(there.env, stage.folder).wait() for _ in range(workers)]
    with ending(*processes):
        some = people[:WARM_UP]
        owe_messages(stage.world, stage.tenant, some, f"warm-up {there.url}")
        wait_until(lambda: there.counts().pushed >= len(some), 60, "warm-up")
        quiet(stage)
        due = len(some) + len(people)
        owe_messages(stage.world, stage.tenant, people, there.url)
        began = time.monotonic()
        # On a machine so busy that a lease runs out, a push is repeated with its retry key.
        wait_until(lambda: there.counts().pushed >= due, 600, "deliveries", there.counts)
        return len(people) / (there.counts().last - began)
