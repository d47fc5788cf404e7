"""The hands of one process: threads that take due jobs and do them, queue by queue."""

import secrets
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait

import structlog
from flask import Flask

from plugin.doorway import outside
from plugin.models.job import Claimed
from plugin.scheduler import work

log = structlog.get_logger()
# How many jobs of each queue are in work at once in one process.
HANDS = {"send": 16, "sync": 6, "import": 2}


class Crew:
    """Looks for due work when told to, and goes on while there is more.

    It begins closed: nothing is claimed before `open()`, nothing after `close()`.
    """

    def __init__(self, app: Flask, hands: dict[str, int] | None = None) -> None:
        self.app = app
        self.owner = secrets.token_hex(8)
        self.hands = hands or HANDS
        # One thread more per queue looks while the hands are full, one for the clock.
        threads = sum(self.hands.values()) + len(self.hands) + 1
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="musubi")
        self._changed = threading.Condition()
        self._busy = dict.fromkeys(self.hands, 0)
        self._looking = dict.fromkeys(self.hands, False)
        self._look_again = dict.fromkeys(self.hands, False)
        self._open = dict.fromkeys(self.hands, False)
        self._running: set[Future[None]] = set()

    def open(self, *queues: str) -> None:
        """Take work from these queues, or from all."""
        with self._changed:
            self._open.update(dict.fromkeys(queues or self.hands, True))

    def close(self, *queues: str) -> None:
        """Take nothing more from these queues, or from all; what is in hand goes on."""
        with self._changed:
            self._open.update(dict.fromkeys(queues or self.hands, False))

    def stop(self, grace: float) -> None:
        """Close, and let the steps in hand end; their leases cover what does not."""
        self.close()
        wait(list(self._running), timeout=grace)
        self.pool.shutdown(wait=False, cancel_futures=True)

    def nudge(self, queue: str) -> None:
        """Work may be due in this queue: look, unless somebody is looking already."""
        with self._changed:
            if not self._open[queue]:
                return
            self._look_again[queue] = True
            if not self._looking[queue]:
                self._looking[queue] = True
                self._submit(self._look, queue)

    def wait_idle(self, queue: str, seconds: float) -> bool:
        """Wait until nothing of this queue is in work and nobody looks for more."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_idle(queue), seconds)

    def _is_idle(self, queue: str) -> bool:
        return not self._busy[queue] and not self._looking[queue]

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
            log.exception("crew_cannot_look", queue=queue)
            self._end_look(queue, more=False)

    def _look_once(self, queue: str) -> bool:
        with self._changed:
            self._look_again[queue] = False
            free = self.hands[queue] - self._busy[queue] if self._open[queue] else 0
        claimed = self._claim(queue, free) if free else []
        with self._changed:
            for job in claimed:
                self._busy[queue] += 1
                self._submit(self._run, queue, job)
            more = bool(free) and (len(claimed) == free or self._look_again[queue])
        return self._end_look(queue, more)

    def _end_look(self, queue: str, more: bool) -> bool:
        with self._changed:
            self._looking[queue] = more and self._open[queue]
            self._changed.notify_all()
            return self._looking[queue]

    def _claim(self, queue: str, free: int) -> list[Claimed]:
        with self.app.app_context():
            claimed = work.take(queue, self.owner, free)
            if claimed and not self._open[queue]:
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
            self._put_down(queue)

    def _put_down(self, queue: str) -> None:
        """Look again when half the hands are free: one claim then serves several jobs."""
        with self._changed:
            self._busy[queue] -= 1
            busy = self._busy[queue]
            self._changed.notify_all()
        if busy <= self.hands[queue] // 2:
            self.nudge(queue)
