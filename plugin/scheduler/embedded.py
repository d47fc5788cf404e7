"""The engine inside the process: APScheduler ticks, its thread pool works."""

import secrets
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from plugin.doorway import outside
from plugin.models.base import transaction
from plugin.models.job import Claimed, plant
from plugin.scheduler import work

log = structlog.get_logger()
# How many jobs of each queue are in work at once in this process.
HANDS = {"send": 16, "sync": 6, "import": 2}
GRACE_SECONDS = 10.0
TICK = timedelta(seconds=1)
# A tick that comes late is one tick, however many were missed.
AT_EASE = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


class _Pool(BasePoolExecutor):
    """APScheduler's executor over the one pool that the jobs run in too."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)


class EmbeddedEngine:
    """Runs what is due. `nudge` makes it look at once; a tick makes it look every second."""

    def __init__(self, app: Flask, hands: dict[str, int] | None = None) -> None:
        self.app = app
        self.owner = secrets.token_hex(8)
        self.hands = hands or HANDS
        threads = sum(self.hands.values()) + len(self.hands) + 1
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="musubi")
        self.scheduler = BackgroundScheduler(executors={"default": _Pool(self.pool)})
        self._lock = threading.Lock()
        self._busy = dict.fromkeys(self.hands, 0)
        self._looking = dict.fromkeys(self.hands, False)
        self._look_again = dict.fromkeys(self.hands, False)
        self._running: set[Future[None]] = set()
        self._stopping = False

    def start(self) -> None:
        """Begin to tick."""
        self.scheduler.add_job(self.tick, "interval", seconds=TICK.seconds, **AT_EASE)
        self.scheduler.add_job(self.plant_daily, "interval", hours=1, **AT_EASE)
        self.scheduler.start()

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Begin nothing more and let the steps in hand end; their leases cover what does not."""
        self._stopping = True
        if self.scheduler.running:
            self.scheduler.shutdown(wait=False)
        wait(list(self._running), timeout=grace)
        self.pool.shutdown(wait=False, cancel_futures=True)

    def tick(self) -> None:
        """Look into every queue."""
        for queue in self.hands:
            self.nudge(queue)

    def plant_daily(self) -> None:
        """Owe the recurring work that belongs to nobody."""
        with self.app.app_context(), transaction():
            plant("housekeeping", "all", 0)

    def nudge_in(self, queue: str, delay: timedelta) -> None:
        """Work comes due a little later; what is due after the next tick needs no rousing."""
        if not delay:
            self.nudge(queue)
        elif delay < TICK and self.scheduler.running:
            when = datetime.now(UTC) + delay
            self.scheduler.add_job(self.nudge, "date", run_date=when, args=[queue], **AT_EASE)

    def nudge(self, queue: str) -> None:
        """Work may be due in this queue: look, unless somebody is looking already."""
        with self._lock:
            if self._stopping:
                return
            if self._looking[queue]:
                self._look_again[queue] = True
                return
            self._looking[queue] = True
            self._submit(self._look, queue)

    def _submit(self, function: object, *arguments: object) -> None:
        future: Future[None] = self.pool.submit(function, *arguments)  # type: ignore[arg-type]
        self._running.add(future)
        future.add_done_callback(self._running.discard)

    def _look(self, queue: str) -> None:
        """Claim as many jobs as hands are free, until nothing is due or no hand is free."""
        try:
            while self._look_once(queue):
                pass
        except Exception:
            # The database may be away for a moment; the next tick looks again.
            log.exception("engine_cannot_look", queue=queue)
            with self._lock:
                self._looking[queue] = False

    def _look_once(self, queue: str) -> bool:
        with self._lock:
            self._look_again[queue] = False
            free = self.hands[queue] - self._busy[queue]
        claimed = self._claim(queue, free) if free else []
        with self._lock:
            for job in claimed:
                self._busy[queue] += 1
                self._submit(self._run, queue, job)
            more = len(claimed) == free > 0 or (self._look_again[queue] and free > len(claimed))
            self._looking[queue] = more and not self._stopping
            return self._looking[queue]

    def _claim(self, queue: str, free: int) -> list[Claimed]:
        with self.app.app_context():
            claimed = work.take(queue, self.owner, free)
            if self._stopping and claimed:
                work.give_back(claimed)
                return []
            return claimed

    def _run(self, queue: str, job: Claimed) -> None:
        try:
            with self.app.app_context():
                work.run(outside(), job)
        except Exception:
            # The job's lease ends by itself and somebody takes it again.
            log.exception("job_not_settled", job=job.kind, job_id=job.id)
        finally:
            with self._lock:
                self._busy[queue] -= 1
            self.nudge(queue)
