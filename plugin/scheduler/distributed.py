"""The engine on many machines: Celery carries nudges, the rows carry the work.

A message says no more than "there is something in this queue". Losing all of them loses nothing:
whoever leads looks every second and says it again.
"""

import math
import threading
from datetime import timedelta
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from celery import Celery, signals
from flask import Flask
from kombu.entity import Queue

from plugin.models.base import db
from plugin.models.job import due_counts
from plugin.scheduler.crew import HANDS, Crew
from plugin.scheduler.embedded import GRACE_SECONDS
from plugin.scheduler.ticks import AT_EASE, TICK, Ticks

log = structlog.get_logger()
TASK = "musubi.work"
# A broker may serve others too, so our queues carry our name: musubi.send, musubi.sync ...
PREFIX = "musubi."
# A shift ends after this long, so that a worker told to stop does so within its grace.
SHIFT_SECONDS = 3.0
# So long may the steps in hand go on after the shift; then their jobs are returned.
LAST_SECONDS = 6.0
# How many workers one tick rouses for one queue, at most.
ROUSED = 8
JOBS_A_SHIFT = 200


def make_celery(app: Flask, broker_url: str) -> Celery:
    """Celery with one task, whose queues are the queues of the jobs."""
    celery = Celery("musubi", broker=broker_url, set_as_current=False)
    celery.conf.update(
        task_queues=[Queue(PREFIX + name) for name in HANDS],  # type: ignore[no-untyped-call]
        task_default_queue=PREFIX + "sync",
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=3,
        broker_transport_options={"socket_connect_timeout": 3, "socket_timeout": 10},
        worker_hijack_root_logger=False,
        task_acks_late=False,
    )
    shifts = Shifts(app)
    celery.task(name=TASK)(shifts.work)
    signals.worker_process_init.connect(shifts.after_fork, weak=False)
    return celery


class Shifts:
    """What a Celery worker does with a nudge: it works the queue off, for a while."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._crew: Crew | None = None
        self._lock = threading.Lock()
        self._working: set[str] = set()

    def after_fork(self, **_: Any) -> None:
        """A child must not speak over its parent's database connections."""
        self._crew = None
        with self.app.app_context():
            db.engine.dispose(close=False)

    def work(self, queue: str) -> None:
        """One shift. Several nudges of one queue in one process are one shift."""
        with self._lock:
            if queue in self._working:
                return
            self._working.add(queue)
            self._crew = self._crew or Crew(self.app)
        try:
            self._shift(self._crew, queue)
        finally:
            with self._lock:
                self._working.discard(queue)

    def _shift(self, crew: Crew, queue: str) -> None:
        crew.open(queue)
        crew.nudge(queue)
        if crew.wait_idle(queue, SHIFT_SECONDS):
            return
        crew.close(queue)
        if not crew.wait_idle(queue, LAST_SECONDS):
            crew.give_back(queue)
        self.app.extensions["musubi_engine"].nudge_in(queue, timedelta(0))


class DistributedEngine:
    """Sends nudges. The process that leads also re-nudges, every second, what is due."""

    def __init__(self, app: Flask, celery: Celery, owner: str) -> None:
        self.app = app
        self.celery = celery
        self.ticks = Ticks(app, owner)
        self.clock = BackgroundScheduler()
        self._wanted: set[tuple[str, float]] = set()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to tick; among the processes that do, one leads."""
        self.clock.add_job(self.tick, "interval", seconds=TICK.seconds, **AT_EASE)
        self.clock.start()

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Hand the lead over and send what is waiting to be sent."""
        if self.clock.running:
            self.clock.shutdown(wait=False)
        self.ticks.step_down()
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(grace)

    def tick(self) -> None:
        """Where this process leads: rouse workers for whatever is due."""
        if not self.ticks.lead():
            return
        with self.app.app_context():
            due = due_counts()
        for queue, count in due.items():
            for _ in range(min(-(-count // JOBS_A_SHIFT), ROUSED)):
                self._send(queue, 0.0)

    def nudge_in(self, queue: str, delay: timedelta) -> None:
        """Say that work comes due; a thread sends it, so that no door waits for the broker."""
        if delay >= TICK:
            return
        with self._wake:
            # In tenths of a second: one message serves all that comes due about then.
            self._wanted.add((queue, math.ceil(delay.total_seconds() * 10) / 10))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._deliver, daemon=True)
                self._thread.start()
            self._wake.notify()

    def _deliver(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._wanted or self._stopping)
                wanted, self._wanted = self._wanted, set()
                if not wanted and self._stopping:
                    return
            for queue, delay in sorted(wanted):
                self._send(queue, delay)

    def _send(self, queue: str, delay: float) -> None:
        try:
            self.celery.send_task(
                TASK,
                args=[queue],
                queue=PREFIX + queue,
                countdown=delay or None,
                expires=60,
                retry=False,
            )
        except Exception as error:  # noqa: BLE001 - whatever a broker's client can raise
            # The work is in the database; the next tick says it again.
            log.warning("nudge_not_sent", queue=queue, reason=type(error).__name__)
