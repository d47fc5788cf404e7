"""Work that was given up: a person runs it again or throws it away."""

from datetime import timedelta

from sqlalchemy import delete

from plugin.models.base import db, transaction
from plugin.models.installation import Installation
from plugin.models.job import Job, plant


def run_job(installation: Installation, job_id: int) -> bool:
    """Owe it again from now on, with all its tries; False where nothing like it is parked."""
    job = db.session.scalar(Job.parked_of(installation.id).where(Job.id == job_id))
    if job is None:
        return False
    with transaction():
        # Asking again for what is parked is what wakes it.
        plant(job.kind, job.key, job.lane, job.payload, timedelta(0))
    return True


def discard_job(installation: Installation, job_id: int) -> bool:
    """Owe it no longer; False where nothing like it is parked."""
    mine = delete(Job).where(Job.id == job_id, Job.lane == installation.id, Job.parked)
    with transaction() as session:
        gone = session.execute(mine)
    return bool(gone.rowcount == 1)  # type: ignore[attr-defined]
