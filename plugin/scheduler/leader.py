"""Leader election: exactly one process enqueues the recurring jobs."""

import threading
import time
from datetime import timedelta
from typing import Any

from flask import Flask

from plugin.models.system.job import enqueue
from plugin.models.system.job_kinds import RECURRING
from plugin.models.system.lease import TICKS, hold, release
from plugin.models.transaction import transaction

TICK = timedelta(seconds=1)
# A late tick is one tick, however many were missed.
MISFIRE_SETTINGS: dict[str, Any] = {
    "coalesce": True,
    "max_instances": 1,
    "misfire_grace_time": None,
}
# Another process takes over when the leader has not renewed its lease for so long.
LEASE = timedelta(seconds=10)
RENEW_SECONDS = 3.0


class Leader:
    def __init__(self, app: Flask, owner: str) -> None:
        self.app = app
        self.owner = owner
        self._lock = threading.Lock()
        self._renewed = 0.0
        self._leads = False
        self._enqueued_at: dict[str, float] = {}

    def lead(self) -> bool:
        """Return whether this process leads. Called at every tick; it renews every few seconds."""
        with self._lock:
            now = time.monotonic()
            if now - self._renewed >= RENEW_SECONDS:
                # Until the database confirms it again, this process does not lead.
                self._leads = False
                with self.app.app_context(), transaction():
                    self._leads = hold(TICKS, self.owner, LEASE)
                self._renewed = now
            if self._leads:
                self._enqueue_recurring(now)
            return self._leads

    def resign(self) -> None:
        with self._lock:
            if self._leads:
                self._leads = False
                with self.app.app_context(), transaction():
                    release(TICKS, self.owner)

    def _enqueue_recurring(self, now: float) -> None:
        due = [
            kind
            for kind, every in RECURRING.items()
            if now - self._enqueued_at.get(kind, -every.total_seconds()) >= every.total_seconds()
        ]
        if due:
            with self.app.app_context(), transaction():
                for kind in due:
                    enqueue(kind, "all", 0)
            self._enqueued_at.update(dict.fromkeys(due, now))
