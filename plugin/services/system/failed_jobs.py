"""Failed jobs, which a person runs again or discards."""

from datetime import timedelta

from sqlalchemy import delete

from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.system.job import Job, enqueue
from plugin.models.transaction import transaction


def run_job(installation: Installation, job_id: int) -> bool:
    """Enqueue a failed job with all its attempts; False where there is none."""
    job = db.session.scalar(Job.failed_of(installation.id).where(Job.id == job_id))
    if job is None:
        return False
    with transaction():
        # Enqueuing a failed job again resets it.
        enqueue(job.kind, job.key, job.tenant_id, job.payload, timedelta(0))
    return True


def discard_job(installation: Installation, job_id: int) -> bool:
    statement = delete(Job).where(Job.id == job_id, Job.tenant_id == installation.id, Job.failed)
    with transaction() as session:
        result = session.execute(statement)
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]
