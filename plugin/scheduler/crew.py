"""The hands of one process: threads that take due jobs and do them, queue by queue."""

import itertools
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor

import structlog
from flask import Flask

from plugin.doorway import outside
from plugin.models.job import Claimed
from plugin.scheduler import work

log = structlog.get_logger()
# How many jobs of each queue are in work at once in one process.
HANDS = {"send": 16, "sync": 6, "import": 2}
# How many jobs one hand takes at once, where there are more jobs than hands.
BUNDLE = 8


class Crew:
    """Looks for due work when told to, and goes on while there is more.

    It begins closed: nothing is claimed before `open()`, nothing after `close()`.
    """

    def __init__(self, app: Flask, hands: dict[str, int] | None = None) -> None:
        self.app = app
        self.owner = secrets.token_hex(8)
        self._turns = itertools.count()
        self.hands = hands or HANDS
        # One thread more per queue looks while the hands are full, one for the clock.
        threads = sum(self.hands.values()) + len(self.hands) + 1
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="musubi")
        self._changed = threading.Condition()
        self._in_hand: dict[str, dict[tuple[int, str], Claimed]] = {
            queue: {} for queue in self.hands
        }
        # Done, but their rows are still there: they go with the next look, many in one commit.
        self._done: dict[str, list[Claimed]] = {queue: [] for queue in self.hands}
        self._busy = dict.fromkeys(self.hands, 0)
        self._each = dict.fromkeys(self.hands, 1)
        self._looking = dict.fromkeys(self.hands, False)
        self._look_again = dict.fromkeys(self.hands, False)
        self._open = dict.fromkeys(self.hands, False)

    def open(self, *queues: str) -> None:
        """Take work from these queues, or from all."""
        with self._changed:
            self._open.update(dict.fromkeys(queues or self.hands, True))

    def close(self, *queues: str) -> None:
        """Take nothing more from these queues, or from all; what is in hand goes on."""
        with self._changed:
            self._open.update(dict.fromkeys(queues or self.hands, False))

    def stop(self, grace: float) -> None:
        """Close, let the steps in hand end, and return what has not ended within `grace` s."""
        self.close()
        with self._changed:
            self._changed.wait_for(lambda: all(map(self._is_idle, self.hands)), grace)
        for queue in self.hands:
            self.give_back(queue)
        self.pool.shutdown(wait=False, cancel_futures=True)

    def give_back(self, queue: str) -> None:
        """Return what is still in hand; a step that ends after that changes nothing of its job."""
        with self._changed:
            left = list(self._in_hand[queue].values())
        if left:
            log.warning("jobs_returned", queue=queue, count=len(left))
            with self.app.app_context():
                work.give_back(left)

    def nudge(self, queue: str) -> None:
        """Work may be due in this queue: look, unless somebody is looking already."""
        with self._changed:
            if not self._open[queue] and not self._done[queue]:
                return
            self._look_again[queue] = True
            if not self._looking[queue]:
                self._looking[queue] = True
                self.pool.submit(self._look, queue)

    def wait_idle(self, queue: str, seconds: float) -> bool:
        """Wait until nothing of this queue is in work and nobody looks for more."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_idle(queue), seconds)

    def _is_idle(self, queue: str) -> bool:
        return not (self._busy[queue] or self._looking[queue] or self._done[queue])

    def _look(self, queue: str) -> None:
        """Claim as many jobs as hands are free, until nothing is due or no hand is free."""
        try:
            while self._look_once(queue):
                pass
        except Exception:
            # The database may be away for a moment; the next tick looks again.
            log.exception("crew_cannot_look", queue=queue)
            with self._changed:
                self._looking[queue] = False
                self._changed.notify_all()

    def _look_once(self, queue: str) -> bool:
        with self._changed:
            self._look_again[queue] = False
            free = self.hands[queue] - self._busy[queue] if self._open[queue] else 0
            wanted = free * self._each[queue]
            done, self._done[queue] = self._done[queue], []
        claimed = self._claim(queue, wanted, done) if wanted or done else []
        bundles = work.bundles(claimed, free)
        self._return(queue, [job for bundle in bundles[free:] for job in bundle])
        with self._changed:
            for bundle in bundles[:free]:
                self._busy[queue] += 1
                self._in_hand[queue].update({(job.id, job.owner): job for job in bundle})
                self.pool.submit(self._run, queue, bundle)
            more = bool(wanted) and len(claimed) == wanted
            self._looking[queue] = more or self._look_again[queue] or bool(self._done[queue])
            self._changed.notify_all()
            return self._looking[queue]

    def _claim(self, queue: str, wanted: int, done: list[Claimed]) -> list[Claimed]:
        # A name for each turn: a job whose lease ran out may come back to this very process.
        owner = f"{self.owner}-{next(self._turns):x}"
        try:
            with self.app.app_context():
                claimed = work.take(queue, owner, wanted, done)
                if claimed and not self._open[queue]:
                    work.give_back(claimed)
                    return []
                return claimed
        except BaseException:
            with self._changed:
                self._done[queue] += done
            raise

    def _return(self, queue: str, left: list[Claimed]) -> None:
        """What no hand is free for, since it cannot go in bundles; then fewer are taken."""
        self._each[queue] = 1 if left else work.bundle_size(queue, BUNDLE)
        if left:
            with self.app.app_context():
                work.give_back(left)

    def _run(self, queue: str, bundle: list[Claimed]) -> None:
        done: list[Claimed] = []
        try:
            with self.app.app_context():
                done = work.attempt_all(outside(), bundle)
        except Exception:
            # The jobs' leases end by themselves and somebody takes them again.
            log.exception("jobs_not_settled", job=bundle[0].kind, count=len(bundle))
        finally:
            self._put_down(queue, bundle, done)

    def _put_down(self, queue: str, bundle: list[Claimed], done: list[Claimed]) -> None:
        """Look again when half the hands are free: one claim then serves several."""
        with self._changed:
            self._done[queue] += done
            for job in bundle:
                del self._in_hand[queue][job.id, job.owner]
            self._busy[queue] -= 1
            busy = self._busy[queue]
            self._changed.notify_all()
        if busy <= self.hands[queue] // 2:
            self.nudge(queue)
