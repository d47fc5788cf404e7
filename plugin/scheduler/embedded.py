"""The engine inside the process: APScheduler ticks, and its thread pool does the work."""

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from plugin.core.clock import utcnow
from plugin.scheduler.crew import Crew
from plugin.scheduler.ticks import AT_EASE, TICK, Ticks

GRACE_SECONDS = 9.0
GRID_SECONDS = 0.05
# A platform's window is over by then. An import that waited for it does not wait for a tick too.
SOON = timedelta(seconds=11)


class _Pool(BasePoolExecutor):
    """APScheduler's executor over the one pool that the jobs run in too."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)


class EmbeddedEngine:
    """Runs what is due. A commit's nudge makes it look at once, a tick every second."""

    def __init__(self, app: Flask, hands: dict[str, int] | None = None) -> None:
        self.crew = Crew(app, hands)
        self.clock = BackgroundScheduler(executors={"default": _Pool(self.crew.pool)})
        self.ticks = Ticks(app, self.crew.owner)
        self._planned: set[tuple[str, int]] = set()

    def start(self) -> None:
        """Begin to tick and to work."""
        self.crew.open()
        self.clock.add_job(self.tick, "interval", seconds=TICK.seconds, **AT_EASE)
        self.clock.start()

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Begin nothing more; let the steps in hand end, or return them."""
        if self.clock.running:
            self.clock.pause()
        self.crew.stop(grace)
        if self.clock.running:
            # After the crew: this shuts the pool that the steps end in.
            self.clock.shutdown(wait=False)
        self.ticks.step_down()

    def tick(self) -> None:
        """Look into every queue; one process among many also plants what recurs."""
        self.ticks.lead()
        for queue in self.crew.hands:
            self.crew.nudge(queue)

    def nudge_in(self, queue: str, delay: timedelta) -> None:
        """Work comes due a little later; what comes much later waits for the tick after that."""
        if not delay:
            self.crew.nudge(queue)
        elif delay < SOON and self.clock.running:
            due = (utcnow() + delay).timestamp()
            self._plan(queue, math.ceil(due / GRID_SECONDS))

    def _plan(self, queue: str, moment: int) -> None:
        """One look serves all that comes due within the same fraction of a second."""
        if (queue, moment) not in self._planned:
            self._planned.add((queue, moment))
            when = datetime.fromtimestamp(moment * GRID_SECONDS, UTC)
            self.clock.add_job(self._look, "date", run_date=when, args=[queue, moment], **AT_EASE)

    def _look(self, queue: str, moment: int) -> None:
        self._planned.discard((queue, moment))
        self.crew.nudge(queue)
