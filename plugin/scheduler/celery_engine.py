"""The engine on many machines: Celery carries wake-ups, the rows carry the jobs."""

import math
import threading
import time
from datetime import timedelta
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from celery import Celery, signals
from flask import Flask
from kombu.entity import Queue

from plugin.models.base import db
from plugin.models.system.job import due_counts
from plugin.scheduler.leader import MISFIRE_SETTINGS, TICK, Leader
from plugin.scheduler.local_engine import GRACE_SECONDS
from plugin.scheduler.worker_pool import CONCURRENCY, WorkerPool

log = structlog.get_logger()
# A message only says that a queue has due jobs. Losing all messages loses nothing: the leader looks
# every second and sends them again. They carry no times, since clocks differ: a worker whose clock
# is a minute ahead would discard all of them unread.
TASK = "musubi.work"
# A broker may serve others too, so our queues carry our name: musubi.send, musubi.sync ...
PREFIX = "musubi."
# How many workers one tick wakes for one queue, at most.
MAX_WAKES = 8
JOBS_A_WORKER = 200
# Beyond this many unread messages none is added: a queue without a worker stays short.
MAX_UNREAD, ASK_SECONDS = 2 * MAX_WAKES, 0.05
# A worker process that must stop is gone within ten seconds, with its running jobs.
STOP_SECONDS = 6.0


def make_celery(app: Flask, broker_url: str) -> Celery:
    celery = Celery("musubi", broker=broker_url, set_as_current=False)
    celery.conf.update(
        task_queues=[Queue(PREFIX + name) for name in CONCURRENCY],  # type: ignore[no-untyped-call]
        task_default_queue=PREFIX + "sync",
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=3,
        broker_transport_options={"socket_connect_timeout": 3, "socket_timeout": 10},
        worker_hijack_root_logger=False,
        task_acks_late=False,
    )
    host = WorkerHost(app)
    celery.task(name=TASK)(host.work)
    signals.worker_process_init.connect(host.after_fork, weak=False)
    for signal in (signals.worker_process_shutdown, signals.worker_shutdown):
        signal.connect(host.stop, weak=False)
    return celery


class WorkerHost:
    """Wakes the worker pool of its Celery process for each message."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._pool: WorkerPool | None = None
        self._lock = threading.Lock()

    def after_fork(self, **_: Any) -> None:
        """Drop the parent's database connections, which a child must not use."""
        self._pool = None
        with self.app.app_context():
            db.engine.dispose(close=False)

    def work(self, queue: str) -> None:
        with self._lock:
            self._pool = self._pool or WorkerPool(self.app)
        self._pool.open(queue)
        # The message is done at once and the next one is read, of whichever queue: a live message
        # never waits for the end of an import.
        self._pool.wake(queue)

    def stop(self, **_: Any) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop(STOP_SECONDS)


class CeleryEngine:
    """Sends wake-ups. The leading process also sends them every second for all due jobs."""

    def __init__(self, app: Flask, celery: Celery, owner: str) -> None:
        self.app = app
        self.celery = celery
        self.leader = Leader(app, owner)
        self.clock = BackgroundScheduler()
        # When (monotonic, in tenths of a second) to send a message for which queue.
        self._scheduled: set[tuple[float, str]] = set()
        self._depths = QueueDepths(celery)
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> None:
        self.clock.add_job(self.tick, "interval", seconds=TICK.seconds, **MISFIRE_SETTINGS)
        self.clock.start()

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Resign the lead and send the scheduled messages."""
        if self.clock.running:
            self.clock.shutdown(wait=False)
        self.leader.resign()
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(grace)

    def tick(self) -> None:
        if not self.leader.lead():
            return
        with self.app.app_context():
            due = due_counts()
        for queue, count in due.items():
            for _ in range(min(-(-count // JOBS_A_WORKER), MAX_WAKES)):
                self._send(queue)

    def wake_in(self, queue: str, delay: timedelta) -> None:
        """Schedule a message; a thread sends it, so that no request waits for the broker."""
        if delay >= TICK:
            return
        moment = time.monotonic() + delay.total_seconds()
        with self._wake:
            # One message serves all jobs that come due about then.
            self._scheduled.add((math.ceil(moment * 10) / 10 if delay else 0.0, queue))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._send_scheduled, daemon=True)
                self._thread.start()
            self._wake.notify()

    def _send_scheduled(self) -> None:
        while True:
            with self._wake:
                due = self._due()
                while not due:
                    if self._stopping and not self._scheduled:
                        return
                    first = min(self._scheduled)[0] - time.monotonic() if self._scheduled else None
                    self._wake.wait(first)
                    due = self._due()
            for queue in due:
                self._send(queue)

    def _due(self) -> list[str]:
        now = time.monotonic()
        due = {message for message in self._scheduled if message[0] <= now}
        self._scheduled -= due
        return sorted({queue for _, queue in due})

    def _send(self, queue: str) -> None:
        try:
            if self._depths.has_room(queue):
                self.celery.send_task(TASK, args=[queue], queue=PREFIX + queue, retry=False)
        except Exception as error:  # noqa: BLE001 - whatever a broker's client can raise
            # The job is in the database; the next tick sends another message.
            log.warning("wake_not_sent", queue=queue, reason=type(error).__name__)


class QueueDepths:
    """How many messages a queue holds unread; the broker is asked where it may be too many."""

    def __init__(self, celery: Celery) -> None:
        self.celery = celery
        self._sent: dict[str, int] = {}
        self._asked_at = dict.fromkeys(CONCURRENCY, 0.0)

    def has_room(self, queue: str) -> bool:
        """Return whether one more message is of use. Raise whatever a broker's client can raise."""
        now = time.monotonic()
        if (
            self._sent.get(queue, MAX_UNREAD) >= MAX_UNREAD
            and now - self._asked_at[queue] > ASK_SECONDS
        ):
            self._asked_at[queue], self._sent[queue] = now, self._ask(PREFIX + queue)
        self._sent[queue] = self._sent.get(queue, 0) + 1
        return self._sent[queue] <= MAX_UNREAD

    def _ask(self, name: str) -> int:
        with self.celery.pool.acquire(block=True) as connection, connection.channel() as channel:
            declared = channel.queue_declare(name, durable=True, auto_delete=False)
            return int(declared.message_count)
