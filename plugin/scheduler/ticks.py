"""What recurs, planted by exactly one of the processes that may tick."""

import threading
import time
from datetime import timedelta
from typing import Any

from flask import Flask

from plugin.models.base import transaction
from plugin.models.job import plant
from plugin.models.lease import hold, release

TICK = timedelta(seconds=1)
# A tick that comes late is one tick, however many were missed.
AT_EASE: dict[str, Any] = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
# Another process takes over when the leader has not renewed its lease for so long.
LEASE = timedelta(seconds=10)
RENEW_SECONDS = 3.0
RECURRING = {
    "housekeeping": timedelta(hours=1),
    "read_quotas": timedelta(hours=1),
    "plan_reconciles": timedelta(hours=1),
    "sweep_calls": timedelta(minutes=1),
}


class Ticks:
    """The lease on the clock, and what its holder plants."""

    def __init__(self, app: Flask, owner: str) -> None:
        self.app = app
        self.owner = owner
        self._lock = threading.Lock()
        self._renewed = 0.0
        self._leads = False
        self._planted: dict[str, float] = {}

    def lead(self) -> bool:
        """Whether this process leads; asked at every tick, renewed every few seconds."""
        with self._lock:
            now = time.monotonic()
            if now - self._renewed >= RENEW_SECONDS:
                # Until the database says so again, this process does not lead.
                self._leads = False
                with self.app.app_context(), transaction():
                    self._leads = hold("ticks", self.owner, LEASE)
                self._renewed = now
            if self._leads:
                self._plant_recurring(now)
            return self._leads

    def step_down(self) -> None:
        """Let another process lead at once."""
        with self._lock:
            if self._leads:
                self._leads = False
                with self.app.app_context(), transaction():
                    release("ticks", self.owner)

    def _plant_recurring(self, now: float) -> None:
        due = [
            kind
            for kind, every in RECURRING.items()
            if now - self._planted.get(kind, -every.total_seconds()) >= every.total_seconds()
        ]
        if due:
            with self.app.app_context(), transaction():
                for kind in due:
                    plant(kind, "all", 0)
            self._planted.update(dict.fromkeys(due, now))
