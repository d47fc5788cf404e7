"""The worker pool of one process: threads that claim due jobs and run them, queue by queue."""

import itertools
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor

import structlog
from flask import Flask

from plugin.guards import get_deps
from plugin.models.system.fence import Hold, uptime
from plugin.models.system.job import Claimed
from plugin.scheduler import runner
from plugin.scheduler.leases import Leases

log = structlog.get_logger()
# How many jobs (or batches) of each queue run at once in one process.
CONCURRENCY = {"send": 16, "broadcast": 2, "sync": 6, "import": 2, "webhook": 12}
# How many jobs one worker takes at once, where more are due than workers are free.
BATCH_SIZE = 32


class WorkerPool:
    """Claims due jobs when woken, and goes on while there are more."""

    def __init__(self, app: Flask, concurrency: dict[str, int] | None = None) -> None:
        self.app = app
        self.owner = secrets.token_hex(8)
        self._claims = itertools.count()
        self.concurrency = concurrency or CONCURRENCY
        # One thread more per queue claims while the workers are busy, one is for the clock.
        threads = sum(self.concurrency.values()) + len(self.concurrency) + 1
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="musubi")
        self.leases = Leases(app, self._flush)
        self._changed = threading.Condition()
        self._running: dict[str, dict[tuple[int, str], Claimed]] = {
            queue: {} for queue in self.concurrency
        }
        # Done, but their rows are still there: the next claim deletes them, many in one commit.
        self._done: dict[str, list[Claimed]] = {queue: [] for queue in self.concurrency}
        self._busy = dict.fromkeys(self.concurrency, 0)
        self._batch_size = dict.fromkeys(self.concurrency, 1)
        self._claiming = dict.fromkeys(self.concurrency, False)
        self._claim_again = dict.fromkeys(self.concurrency, False)
        # Nothing is claimed before `open()`, nor after `close()`.
        self._open = dict.fromkeys(self.concurrency, False)

    def open(self, *queues: str) -> None:
        with self._changed:
            self._open.update(dict.fromkeys(queues or self.concurrency, True))

    def close(self, *queues: str) -> None:
        with self._changed:
            self._open.update(dict.fromkeys(queues or self.concurrency, False))

    def stop(self, grace: float) -> None:
        """Close, let running steps end, and release what has not ended within `grace` seconds."""
        self.close()
        with self._changed:
            self._changed.wait_for(lambda: all(map(self._is_idle, self.concurrency)), grace)
        for queue in self.concurrency:
            self.release(queue)
        self.leases.stop()
        self.pool.shutdown(wait=False, cancel_futures=True)

    def release(self, queue: str) -> None:
        """Release the running jobs; their steps write nothing more and make no more calls."""
        with self._changed:
            running = list(self._running[queue].values())
        if running:
            self.leases.end(running)
            log.warning("jobs_released", queue=queue, count=len(running))
            with self.app.app_context():
                runner.release(running)

    def wake(self, queue: str) -> None:
        """Claim in this queue, where jobs may be due, unless a thread is claiming already."""
        with self._changed:
            if not self._open[queue] and not self._done[queue]:
                return
            self._claim_again[queue] = True
            if not self._claiming[queue]:
                self._claiming[queue] = True
                self.pool.submit(self._claim_due, queue)

    def _is_idle(self, queue: str) -> bool:
        return not (self._busy[queue] or self._claiming[queue] or self._done[queue])

    def _claim_due(self, queue: str) -> None:
        try:
            while self._claim_once(queue):
                pass
        except Exception:
            # The database may be away for a moment; the next tick claims again.
            log.exception("worker_pool_cannot_claim", queue=queue)
            with self._changed:
                self._claiming[queue] = False
                self._changed.notify_all()

    def _claim_once(self, queue: str) -> bool:
        with self._changed:
            self._claim_again[queue] = False
            free = self.concurrency[queue] - self._busy[queue] if self._open[queue] else 0
            limit = free * self._batch_size[queue]
            done, self._done[queue] = self._done[queue], []
        began = uptime()
        claimed = self._claim(queue, limit, done) if limit or done else []
        batches = runner.batches(claimed, free)
        self._release_surplus(queue, [job for batch in batches[free:] for job in batch])
        with self._changed:
            for batch in batches[:free]:
                self._busy[queue] += 1
                self._running[queue].update({(job.id, job.owner): job for job in batch})
                self.pool.submit(self._run, queue, batch, self.leases.keep(batch, began))
            more = bool(limit) and len(claimed) == limit
            self._claiming[queue] = more or self._claim_again[queue] or bool(self._done[queue])
            self._changed.notify_all()
            return self._claiming[queue]

    def _claim(self, queue: str, limit: int, done: list[Claimed]) -> list[Claimed]:
        # A name for each claim: a job whose lease ran out may come back to this very process.
        owner = f"{self.owner}-{next(self._claims):x}"
        try:
            with self.app.app_context():
                claimed = runner.claim(queue, owner, limit, done)
                if claimed and not self._open[queue]:
                    runner.release(claimed)
                    return []
                return claimed
        except BaseException:
            with self._changed:
                self._done[queue] += done
            raise

    def _release_surplus(self, queue: str, surplus: list[Claimed]) -> None:
        # Jobs that form no batch need a worker each, so the next claim takes fewer.
        self._batch_size[queue] = 1 if surplus else runner.batch_size(queue, BATCH_SIZE)
        if surplus:
            with self.app.app_context():
                runner.release(surplus)

    def _run(self, queue: str, batch: list[Claimed], hold: Hold) -> None:
        done: list[Claimed] = []
        try:
            with self.app.app_context():
                done = runner.attempt_all(get_deps(), batch, hold)
        except Exception:
            # The jobs' leases end by themselves, and a worker claims them again.
            log.exception("jobs_not_completed", job=batch[0].kind, count=len(batch))
        finally:
            self.leases.drop(hold)
            self._finish_batch(queue, batch, done)

    def _flush(self) -> None:
        # While some workers are busy for long, the jobs that others finished are still deleted.
        for queue in self.concurrency:
            if self._done[queue]:
                self.wake(queue)

    def _finish_batch(self, queue: str, batch: list[Claimed], done: list[Claimed]) -> None:
        with self._changed:
            self._done[queue] += done
            for job in batch:
                del self._running[queue][job.id, job.owner]
            self._busy[queue] -= 1
            busy = self._busy[queue]
            self._changed.notify_all()
        # One claim, when half the workers are free, then serves several.
        if busy <= self.concurrency[queue] // 2:
            self.wake(queue)
