"""The leases of one process's running steps, renewed while it lives."""

import threading
from collections.abc import Callable, Sequence

import structlog
from flask import Flask

from plugin.models.system.fence import Hold, uptime
from plugin.models.system.job import LEASE, Claimed
from plugin.scheduler import runner
from plugin.services.system.notices import watch_clock

log = structlog.get_logger()
RENEW_SECONDS = 10.0
# A step that has not ended by then hangs: another worker takes it over, and it may do nothing more.
STEP_SECONDS = 900.0
CLOCK_SECONDS = 60.0


class Leases:
    """Leases with their jobs. A step that ends within `RENEW_SECONDS` costs nothing here."""

    def __init__(self, app: Flask, beat: Callable[[], None] = lambda: None) -> None:
        self.app = app
        # Called every `RENEW_SECONDS` in the thread that renews.
        self._beat = beat
        self._held: dict[Hold, Sequence[Claimed]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._watched = 0.0

    def keep(self, claimed: Sequence[Claimed], began: float) -> Hold:
        """Renew from now on the lease of jobs that were claimed after `began` (`uptime`)."""
        hold = Hold(LEASE.total_seconds(), began=began)
        with self._lock:
            self._held[hold] = claimed
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew_regularly, daemon=True)
                self._thread.start()
        return hold

    def drop(self, hold: Hold) -> None:
        with self._lock:
            self._held.pop(hold, None)

    def end(self, released: Sequence[Claimed]) -> None:
        """End the leases of jobs that are about to be released: their steps begin nothing more."""
        ids = {job.id for job in released}
        with self._lock:
            for hold, claimed in self._held.items():
                if not ids.isdisjoint(job.id for job in claimed):
                    hold.end()

    def stop(self) -> None:
        self._stopped.set()

    def renew(self) -> None:
        """Renew all that are older than `RENEW_SECONDS`; those that are lost end here."""
        now = uptime()
        with self._lock:
            held = {
                hold: claimed
                for hold, claimed in self._held.items()
                if RENEW_SECONDS <= now - hold.began < STEP_SECONDS
            }
        if not held:
            return
        with self.app.app_context():
            valid_ids = runner.renew([job for claimed in held.values() for job in claimed])
        for hold, claimed in held.items():
            if valid_ids.issuperset(job.id for job in claimed):
                hold.renew(now)
            else:
                hold.end()

    def _watch_clock(self) -> None:
        if uptime() - self._watched >= CLOCK_SECONDS:
            self._watched = uptime()
            with self.app.app_context():
                watch_clock()

    def _renew_regularly(self) -> None:
        while not self._stopped.wait(RENEW_SECONDS):
            try:
                self.renew()
                self._beat()
                self._watch_clock()
            except Exception:
                # The database may be away; a lease that is not renewed in time ends by itself.
                log.exception("leases_not_renewed")
