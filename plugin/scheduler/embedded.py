"""The engine inside the process: APScheduler ticks, and its thread pool does the work."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from plugin.scheduler.crew import Crew
from plugin.scheduler.ticks import AT_EASE, TICK, Ticks

GRACE_SECONDS = 10.0


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

    def start(self) -> None:
        """Begin to tick and to work."""
        self.crew.open()
        self.clock.add_job(self.tick, "interval", seconds=TICK.seconds, **AT_EASE)
        self.clock.start()

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Begin nothing more; give the steps in hand the time to end."""
        if self.clock.running:
            self.clock.shutdown(wait=False)
        self.crew.stop(grace)

    def tick(self) -> None:
        """Look into every queue; one process among many also plants what recurs."""
        self.ticks.lead()
        for queue in self.crew.hands:
            self.crew.nudge(queue)

    def nudge_in(self, queue: str, delay: timedelta) -> None:
        """Work comes due a little later; what comes after the next tick needs no rousing."""
        if not delay:
            self.crew.nudge(queue)
        elif delay < TICK and self.clock.running:
            when = datetime.now(UTC) + delay
            self.clock.add_job(self.crew.nudge, "date", run_date=when, args=[queue], **AT_EASE)
