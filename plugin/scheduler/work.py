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
from plugin.scheduler.steps import BUNDLES, STEPS, Bundle
from plugin.services import Outside

log = structlog.get_logger()


def take(queue: str, owner: str, limit: int, done: Sequence[Claimed] = ()) -> list[Claimed]:
    """Claim up to `limit` due jobs of a queue; jobs that are `done` go in the same commit."""
    with transaction():
        left = jobs.finish_all(done) if done else []
        claimed = jobs.claim(queue, owner, limit) if limit else []
    for job in left:
        with transaction():
            jobs.finish(job)
    return claimed


def bundles(claimed: Sequence[Claimed], hands: int) -> list[list[Claimed]]:
    """The jobs as hands take them: kinds that go together spread evenly, all others alone."""
    together: dict[str, list[Claimed]] = {}
    made = []
    for job in claimed:
        if job.kind in BUNDLES:
            together.setdefault(job.kind, []).append(job)
        else:
            made.append([job])
    for some in together.values():
        size = -(-len(some) // max(hands, 1))
        made += [some[start : start + size] for start in range(0, len(some), size)]
    return made


def bundle_size(queue: str, most: int) -> int:
    """How many jobs a hand may take in this queue."""
    return most if any(jobs.QUEUES[kind] == queue for kind in BUNDLES) else 1


def run(outside: Outside, job: Claimed) -> None:
    """Do one step of a claimed job and settle what it came to. Raises nothing of the step's."""
    if attempt(outside, job):
        with transaction():
            jobs.finish(job)


def attempt_all(outside: Outside, claimed: Sequence[Claimed]) -> list[Claimed]:
    """Do one step of each; answers those that are done, which the caller finishes."""
    bundle = BUNDLES.get(claimed[0].kind)
    if bundle is not None and len(claimed) > 1:
        try:
            return _attempt_bundle(outside, claimed, bundle)
        except Exception:
            # One of them trips over a mistake of ours: alone it harms no other.
            db.session.rollback()
            log.exception("bundle_failed", job=claimed[0].kind)
    return [job for job in claimed if attempt(outside, job)]


def _attempt_bundle(outside: Outside, claimed: Sequence[Claimed], bundle: Bundle) -> list[Claimed]:
    endings = bundle(outside, [int(job.key) for job in claimed])
    close_reads()
    open_ones = [job for job in claimed if endings[int(job.key)] is not None]
    if open_ones:
        with transaction():
            for job in open_ones:
                _settle(job, endings[int(job.key)])
    return [job for job in claimed if endings[int(job.key)] is None]


def attempt(outside: Outside, job: Claimed) -> bool:
    """Do one step. True: nothing more is owed, and the job is the caller's to finish."""
    ending: datetime | Exception | None
    with structlog.contextvars.bound_contextvars(job=job.kind, job_id=job.id):
        try:
            ending = STEPS[job.kind](outside, job)
            close_reads()
        except GatewayError as error:
            ending = error
        except Exception as error:
            log.exception("job_failed", attempts=job.attempts)
            ending = error
        if ending is None:
            return True
        db.session.rollback()
        with transaction():
            _settle(job, ending)
    return False


def give_back(claimed: Sequence[Claimed]) -> None:
    """Return jobs that were not begun, or that cannot end in time; others take them at once."""
    with transaction():
        for job in claimed:
            jobs.put_off(job, timedelta(0), "", attempts=max(job.attempts - 1, 0))


def _settle(job: Claimed, ending: datetime | Exception | None) -> None:
    """The one place that decides what a step comes to that leaves something open."""
    if isinstance(ending, GatewayError):
        _settle_refused(job, ending)
    elif isinstance(ending, Exception):
        _settle_failed(job, f"{type(ending).__name__}: {ending}", permanent=False)
    else:
        jobs.again(job, _until(ending))


def _settle_refused(job: Claimed, error: GatewayError) -> None:
    if error.retry_at is not None and not error.permanent:
        # Told to wait, by a platform or by our own budget: that is no failed try.
        attempts = max(job.attempts - 1, 0)
        jobs.put_off(job, _until(error.retry_at), error.message, attempts)
    else:
        _settle_failed(job, error.message, error.permanent)


def _settle_failed(job: Claimed, error: str, permanent: bool) -> None:
    if permanent or job.attempts >= MAX_ATTEMPTS:
        log.error("job_parked", job=job.kind, job_id=job.id, reason=error[:500])
        jobs.park(job, error)
    else:
        chance = random.random()  # noqa: S311 - jitter, not a secret
        jobs.put_off(job, back_off(job.attempts, chance), error, job.attempts)


def _until(moment: datetime | None) -> timedelta:
    return max(moment - utcnow(), timedelta(0)) if moment else timedelta(0)
