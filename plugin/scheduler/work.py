"""Taking work and doing it: the same for every engine."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from plugin.core.clock import utcnow
from plugin.core.sending import back_off
from plugin.gateways import GatewayError
from plugin.models import job as jobs
from plugin.models.base import close_reads, db, transaction
from plugin.models.job import MAX_ATTEMPTS, Claimed
from plugin.scheduler.steps import STEPS
from plugin.services import Outside

log = structlog.get_logger()


def take(queue: str, owner: str, limit: int, done: Sequence[Claimed] = ()) -> list[Claimed]:
    """Claim up to `limit` due jobs of a queue; jobs that are `done` go in the same commit."""
    with transaction():
        if done:
            jobs.finish_all(done)
        return jobs.claim(queue, owner, limit) if limit else []


def run(outside: Outside, job: Claimed) -> None:
    """Do one step of a claimed job and settle what it came to. Raises nothing of the step's."""
    if attempt(outside, job):
        with transaction():
            jobs.finish(job)


def attempt(outside: Outside, job: Claimed) -> bool:
    """Do one step. True: nothing more is owed, and the job is the caller's to finish."""
    with structlog.contextvars.bound_contextvars(job=job.kind, job_id=job.id):
        try:
            due = STEPS[job.kind](outside, job)
            close_reads()
        except GatewayError as error:
            db.session.rollback()
            _settle(job, error.message, error.permanent, error.retry_at)
        except Exception as error:
            db.session.rollback()
            log.exception("job_failed", attempts=job.attempts)
            _settle(job, f"{type(error).__name__}: {error}"[:500], False, None)
        else:
            if due is None:
                return True
            with transaction():
                jobs.again(job, max(due - utcnow(), timedelta(0)))
    return False


def give_back(claimed: Sequence[Claimed]) -> None:
    """Return jobs that were not begun, or that cannot end in time; others take them at once."""
    with transaction():
        for job in claimed:
            jobs.put_off(job, timedelta(0), "", attempts=max(job.attempts - 1, 0))


def _settle(job: Claimed, error: str, permanent: bool, retry_at: datetime | None) -> None:
    """The one place that decides what a failed step comes to."""
    with transaction():
        if retry_at is not None and not permanent:
            # Told to wait, by a platform or by our own budget: that is no failed try.
            wait = max(retry_at - utcnow(), timedelta(0))
            jobs.put_off(job, wait, error, attempts=max(job.attempts - 1, 0))
        elif permanent or job.attempts >= MAX_ATTEMPTS:
            log.error("job_parked", reason=error)
            jobs.park(job, error)
        else:
            chance = random.random()  # noqa: S311 - jitter, not a secret
            jobs.put_off(job, back_off(job.attempts, chance), error, job.attempts)
