"""Work that was given up: a person runs it again or throws it away."""

from sqlalchemy import ColumnElement, delete, update

from plugin.models.base import db_now_ms, transaction
from plugin.models.installation import Installation
from plugin.models.job import Job


def run_job(installation: Installation, job_id: int) -> bool:
    """Owe it again from now on, with all its tries; False where nothing like it is parked."""
    parked = update(Job).where(*_parked(installation, job_id)).returning(Job.queue)
    with transaction() as session:
        fresh = parked.values(parked=False, attempts=0, ready_ms=db_now_ms(), owner="")
        queue = session.scalar(fresh)
        if queue is not None:
            session.info.setdefault("planted", set()).add(queue)
    return queue is not None


def discard_job(installation: Installation, job_id: int) -> bool:
    """Owe it no longer; False where nothing like it is parked."""
    with transaction() as session:
        gone = session.execute(delete(Job).where(*_parked(installation, job_id)))
    return bool(gone.rowcount == 1)  # type: ignore[attr-defined]


def _parked(installation: Installation, job_id: int) -> tuple[ColumnElement[bool], ...]:
    return Job.id == job_id, Job.lane == installation.id, Job.parked.is_(True)
