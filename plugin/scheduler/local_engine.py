"""The engine inside the process: APScheduler ticks, and its thread pool runs the jobs."""

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from plugin.core.clock import utcnow
from plugin.scheduler.leader import MISFIRE_SETTINGS, TICK, Leader
from plugin.scheduler.worker_pool import WorkerPool

GRACE_SECONDS = 9.0
GRID_SECONDS = 0.05
# A platform's rate window is over by then; an import that waited for it needs no tick as well.
SOON = timedelta(seconds=11)


class _Pool(BasePoolExecutor):
    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)


class LocalEngine:
    """Runs due jobs. A commit wakes it at once, a tick every second."""

    def __init__(self, app: Flask, concurrency: dict[str, int] | None = None) -> None:
        self.pool = WorkerPool(app, concurrency)
        self.clock = BackgroundScheduler(executors={"default": _Pool(self.pool.pool)})
        self.leader = Leader(app, self.pool.owner)
        self._planned: set[tuple[str, int]] = set()

    def start(self) -> None:
        self.pool.open()
        self.clock.add_job(self.tick, "interval", seconds=TICK.seconds, **MISFIRE_SETTINGS)
        self.clock.start()

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Begin nothing more; let the running steps end, or release their jobs."""
        if self.clock.running:
            self.clock.pause()
        self.pool.stop(grace)
        if self.clock.running:
            # After the worker pool: this shuts down the threads that the steps end in.
            self.clock.shutdown(wait=False)
        self.leader.resign()

    def tick(self) -> None:
        self.leader.lead()
        for queue in self.pool.concurrency:
            self.pool.wake(queue)

    def wake_in(self, queue: str, delay: timedelta) -> None:
        """Wake the queue after `delay`; a much later one waits for the tick after it."""
        if not delay:
            self.pool.wake(queue)
        elif delay < SOON and self.clock.running:
            due = (utcnow() + delay).timestamp()
            self._plan(queue, math.ceil(due / GRID_SECONDS))

    def _plan(self, queue: str, moment: int) -> None:
        # One wake-up serves all jobs that come due within the same fraction of a second.
        if (queue, moment) not in self._planned:
            self._planned.add((queue, moment))
            when = datetime.fromtimestamp(moment * GRID_SECONDS, UTC)
            self.clock.add_job(
                self._wake_planned, "date", run_date=when, args=[queue, moment], **MISFIRE_SETTINGS
            )

    def _wake_planned(self, queue: str, moment: int) -> None:
        self._planned.discard((queue, moment))
        self.pool.wake(queue)
