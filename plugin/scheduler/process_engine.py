"""The engine of `python app.py`: the jobs run in a worker process of their own.

Serving and work are two interpreters then, and a burst of sends holds no request up. This side
starts the worker, wakes it, and starts another when it dies.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import structlog

from plugin.scheduler.local_engine import GRACE_SECONDS, SOON

ROOT = Path(__file__).parents[2]
log = structlog.get_logger()
# A worker that dies at once is started again ever later, one that lived well at once.
FIRST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS = 0.1, 10.0, 30.0
# After the grace that the worker gives its jobs, and before ten seconds are over.
KILL_SECONDS = GRACE_SECONDS + 0.6


class ProcessEngine:
    """Supervises one worker process, `python -m <module> <process id of this one>`."""

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        self._command = [sys.executable, "-P", "-m", module, str(os.getpid())]
        # The packages are found wherever `app.py` was started from.
        found = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        path = os.pathsep.join(filter(None, found))
        self._environment = {**os.environ, **environment, "PYTHONPATH": path}
        # Held while the worker changes or is written to: a closed pipe's number may be reused.
        self._guard = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._pipe: int | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, grace: float = KILL_SECONDS) -> None:
        """Tell the worker to end, and end it after `grace` seconds."""
        with self._guard:
            self._stopping.set()
            worker = self._worker
        if worker is None:
            return
        worker.terminate()
        try:
            worker.wait(grace)
        except subprocess.TimeoutExpired:
            log.warning("worker_process_killed")
            worker.kill()
            worker.wait()

    def wake_in(self, queue: str, delay: timedelta) -> None:
        """Tell the worker; what comes due much later waits for one of its ticks."""
        if delay >= SOON:
            return
        line = f"{queue} {delay.total_seconds():.3f}\n".encode()
        # A full pipe holds wake-ups enough, and a dead worker's successor looks by itself.
        with self._guard, suppress(BlockingIOError, BrokenPipeError):
            if self._pipe is not None:
                os.write(self._pipe, line)

    def _supervise(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            status = self._live_through_one()
            if self._stopping.is_set():
                return
            log.error("worker_process_ended", status=status)
            steady = time.monotonic() - began >= STEADY_SECONDS
            pause = FIRST_PAUSE if steady else min(pause * 2, LONGEST_PAUSE)
            self._stopping.wait(pause)

    def _live_through_one(self) -> int | str:
        """Start a worker and wait for its end. Return its exit status, or why none could start."""
        try:
            worker = self._start_worker()
            return worker.wait() if worker is not None else ""
        except OSError as error:
            return str(error)
        finally:
            self._close_pipe()

    def _start_worker(self) -> "subprocess.Popen[bytes] | None":
        with self._guard:
            if self._stopping.is_set():
                return None
            reading, self._pipe = os.pipe()
            os.set_blocking(self._pipe, False)
            try:
                self._worker = subprocess.Popen(  # noqa: S603 - our own module
                    self._command, env=self._environment, stdin=reading
                )
            finally:
                os.close(reading)
            return self._worker

    def _close_pipe(self) -> None:
        with self._guard:
            pipe, self._pipe = self._pipe, None
        if pipe is not None:
            os.close(pipe)
