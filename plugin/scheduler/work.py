"""Taking work and doing it: the same for every engine."""

import random
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


def take(queue: str, owner: str, limit: int) -> list[Claimed]:
    """Claim up to `limit` due jobs of a queue."""
    with transaction():
        return jobs.claim(queue, owner, limit)


def run(outside: Outside, job: Claimed) -> None:
    """Do one step of a claimed job and settle what it came to. Raises nothing."""
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
            _progress(job, due)


def give_back(claimed: list[Claimed]) -> None:
    """Return jobs that were claimed but not begun, so that others take them at once."""
    with transaction():
        for job in claimed:
            jobs.again(job, timedelta(0), attempts=max(job.attempts - 1, 0))


def _progress(job: Claimed, due: datetime | None) -> None:
    with transaction():
        if due is None:
            jobs.finish(job)
        else:
            jobs.again(job, max(due - utcnow(), timedelta(0)))


def _settle(job: Claimed, error: str, permanent: bool, retry_at: datetime | None) -> None:
    """The one place that decides what a failed step comes to."""
    with transaction():
        if permanent or job.attempts >= MAX_ATTEMPTS:
            log.error("job_parked", reason=error)
            jobs.park(job, error)
            return
        chance = random.random()  # noqa: S311 - jitter, not a secret
        wait = retry_at - utcnow() if retry_at else back_off(job.attempts, chance)
        jobs.again(job, max(wait, timedelta(0)), error, attempts=None)
