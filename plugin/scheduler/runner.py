"""Claiming and running jobs: the same for every engine."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from plugin.core.clock import utcnow
from plugin.core.retry import back_off
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.system import job as jobs
from plugin.models.system.fence import Hold, LeaseLost, under
from plugin.models.system.job import MAX_ATTEMPTS, Claimed
from plugin.models.system.job_kinds import JOB_KINDS
from plugin.models.transaction import close_reads, transaction
from plugin.scheduler.handlers import BATCH_HANDLERS, HANDLERS, BatchHandler
from plugin.services import Dependencies
from plugin.services.sending.deliver_batch import AT_ONCE

log = structlog.get_logger()


def claim(queue: str, owner: str, limit: int, done: Sequence[Claimed] = ()) -> list[Claimed]:
    """Claim up to `limit` due jobs of a queue, and finish the `done` ones in the same commit."""
    with transaction():
        remaining = jobs.finish_all(done) if done else []
        claimed = jobs.claim(queue, owner, limit) if limit else []
    for job in remaining:
        with transaction():
            jobs.finish(job)
    return claimed


def batches(claimed: Sequence[Claimed], workers: int) -> list[list[Claimed]]:
    """Group jobs for the workers: batch kinds spread evenly, all others alone."""
    by_kind: dict[str, list[Claimed]] = {}
    result = []
    for job in claimed:
        if job.kind in BATCH_HANDLERS:
            by_kind.setdefault(job.kind, []).append(job)
        else:
            result.append([job])
    for group in by_kind.values():
        size = -(-len(group) // max(workers, 1))
        if size > 1:
            # Smaller batches would only cost more statements, since one makes its calls together.
            size = max(size, AT_ONCE)
        result += [group[start : start + size] for start in range(0, len(group), size)]
    return result


def batch_size(queue: str, most: int) -> int:
    return most if any(JOB_KINDS[kind].queue == queue for kind in BATCH_HANDLERS) else 1


def run(deps: Dependencies, job: Claimed) -> None:
    """Run one step of a claimed job and store its outcome. The step's errors are not raised."""
    if attempt(deps, job):
        with transaction():
            jobs.finish(job)


def renew(held: Sequence[Claimed]) -> set[int]:
    with transaction():
        return jobs.renew(held)


def attempt_all(
    deps: Dependencies, claimed: Sequence[Claimed], hold: Hold | None = None
) -> list[Claimed]:
    """Run one step of each and return the jobs that are done, for the caller to finish."""
    handler = BATCH_HANDLERS.get(claimed[0].kind)
    if handler is not None and len(claimed) > 1:
        try:
            return _attempt_batch(deps, claimed, handler, hold)
        except LeaseLost:
            _abandon(claimed)
            return []
        except Exception:
            # One of them meets a mistake of ours; alone it harms no other.
            db.session.rollback()
            log.exception("batch_failed", job=claimed[0].kind)
    return [job for job in claimed if attempt(deps, job, hold)]


def _abandon(claimed: Sequence[Claimed]) -> None:
    # Another worker has the jobs, or will have: their outcome is its to store.
    db.session.rollback()
    log.warning("lease_lost", job=claimed[0].kind, job_ids=[job.id for job in claimed])


def _attempt_batch(
    deps: Dependencies, claimed: Sequence[Claimed], handler: BatchHandler, hold: Hold | None
) -> list[Claimed]:
    with under(hold):
        outcomes = handler(deps, [int(job.key) for job in claimed])
    close_reads()
    in_order = sorted(claimed, key=lambda job: job.id)
    unfinished = [job for job in in_order if outcomes[int(job.key)] is not None]
    if unfinished:
        with transaction():
            for job in unfinished:
                _complete(job, outcomes[int(job.key)])
    return [job for job in claimed if outcomes[int(job.key)] is None]


def attempt(deps: Dependencies, job: Claimed, hold: Hold | None = None) -> bool:
    """Run one step. Return True where the job is done and the caller's to finish."""
    outcome: datetime | Exception | None
    with structlog.contextvars.bound_contextvars(job=job.kind, job_id=job.id):
        try:
            with under(hold):
                outcome = HANDLERS[job.kind](deps, job)
            close_reads()
        except LeaseLost:
            _abandon([job])
            return False
        except GatewayError as error:
            outcome = error
        except Exception as error:
            log.exception("job_failed", attempts=job.attempts)
            outcome = error
        if outcome is None:
            return True
        db.session.rollback()
        with transaction():
            _complete(job, outcome)
    return False


def release(claimed: Sequence[Claimed]) -> None:
    """Release jobs that did not begin or cannot end in time; others claim them at once."""
    with transaction():
        for job in claimed:
            jobs.reschedule(job, timedelta(0), "", attempts=max(job.attempts - 1, 0))


def _complete(job: Claimed, outcome: datetime | Exception | None) -> None:
    """The one place that decides about a step that leaves something pending or failed."""
    if isinstance(outcome, GatewayError):
        _complete_refused(job, outcome)
    elif isinstance(outcome, Exception):
        _complete_failed(job, f"{type(outcome).__name__}: {outcome}", permanent=False)
    else:
        jobs.continue_later(job, _until(outcome))


def _complete_refused(job: Claimed, error: GatewayError) -> None:
    if error.retry_at is not None and not error.permanent:
        # A platform or our own budget asked to wait: that is no failed try.
        attempts = max(job.attempts - 1, 0)
        jobs.reschedule(job, _until(error.retry_at), error.message, attempts)
    else:
        _complete_failed(job, error.message, error.permanent)


def _complete_failed(job: Claimed, error: str, permanent: bool) -> None:
    if permanent or job.attempts >= MAX_ATTEMPTS:
        log.error("job_dead_lettered", job=job.kind, job_id=job.id, reason=error[:500])
        jobs.dead_letter(job, error)
    else:
        chance = random.random()  # noqa: S311 - jitter, not a secret
        delay = back_off(job.attempts, chance, patient=not JOB_KINDS[job.kind].awaited)
        jobs.reschedule(job, delay, error, job.attempts)


def _until(moment: datetime | None) -> timedelta:
    return max(moment - utcnow(), timedelta(0)) if moment else timedelta(0)
