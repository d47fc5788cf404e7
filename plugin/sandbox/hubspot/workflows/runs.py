"""Enrolment of many contacts at once, as by a busy workflow; for tests and benches."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from plugin.sandbox.hubspot.workflows import executions, running
from plugin.sandbox.world import World

MAX_CONCURRENCY = 50
Value = dict[str, Any]


def run(world: World, callback_ids: list[str], concurrency: int, repeat_fraction: float) -> None:
    """Start in the background. A share of the calls, evenly spread, is sent twice."""
    hands = max(1, min(concurrency, MAX_CONCURRENCY))
    world.background.submit(_run, world, callback_ids, hands, repeat_fraction)


def _run(world: World, callback_ids: list[str], hands: int, repeat_fraction: float) -> None:
    # Own threads: a large run must not hold back webhooks and retries.
    with ThreadPoolExecutor(hands, thread_name_prefix="sandbox-run") as pool:
        for number, callback_id in enumerate(callback_ids):
            again = _share(number + 1, repeat_fraction) > _share(number, repeat_fraction)
            pool.submit(_one, world, callback_id, again)


def _share(count: int, fraction: float) -> int:
    # How many of the first `count` are repeated; the tiny addend outweighs rounding errors.
    return int(count * fraction + 1e-9)


def _one(world: World, callback_id: str, again: bool) -> None:
    running.attempt(world, callback_id)
    execution = executions.find(world, callback_id)
    if again and execution:
        # HubSpot may send an execution again although it was answered.
        status, _, _ = running.call(world, execution)
        execution["repeat_status"] = status
        world.store.put("execution", callback_id, execution)
