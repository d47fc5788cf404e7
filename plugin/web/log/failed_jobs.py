"""Jobs that failed for good: a person runs them again, or drops them."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.models.base import db
from plugin.models.system.job import Job
from plugin.models.system.job_kinds import JOB_KINDS
from plugin.services.system.failed_jobs import discard_job, run_job
from plugin.web.language import in_words
from plugin.web.layout import page
from plugin.web.log.blueprint import blueprint
from plugin.web.owned import row_id
from plugin.web.session import person, tenant

PAGE = 50


@blueprint.get("/log/jobs")
def failed_jobs() -> str:
    after = row_id(request.args.get("after", ""))
    statement = Job.failed_of(tenant()).where(Job.id > after).order_by(Job.id).limit(PAGE + 1)
    jobs = list(db.session.scalars(statement))
    more = url_for("log.failed_jobs", after=jobs[PAGE - 1].id) if len(jobs) > PAGE else ""
    return page(
        "log/jobs.html",
        "log",
        jobs=jobs[:PAGE],
        more=more,
        label=_label,
        failed=Job.count_failed(tenant()),
    )


@blueprint.post("/log/jobs/<row_id:job_id>/run")
def run_failed_job(job_id: int) -> Response:
    """Run the job again, with all its attempts."""
    if not run_job(person().installation, job_id):
        abort(404)
    flash(_("It is being tried again."))
    return redirect(url_for("log.failed_jobs"))


@blueprint.post("/log/jobs/<row_id:job_id>/drop")
def drop_failed_job(job_id: int) -> Response:
    if not discard_job(person().installation, job_id):
        abort(404)
    flash(_("Dropped. Nothing more is tried."))
    return redirect(url_for("log.failed_jobs"))


def _label(job: Job) -> str:
    return in_words(JOB_KINDS[job.kind].label)
