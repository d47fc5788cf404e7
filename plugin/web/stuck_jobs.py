"""Work that was tried in vain: a person runs it again, or drops it."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from plugin.models.base import db
from plugin.models.job import Job
from plugin.services.jobs import discard_job, run_job
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.people_filter import row_id
from plugin.web.signed_in import person, tenant

PAGE = 50
KINDS = {
    "deliver": lazy_gettext("Send a message"),
    "switch_rich_menu": lazy_gettext("Switch a rich menu"),
    "complete_callbacks": lazy_gettext("Tell HubSpot how actions ended"),
    "write_contacts": lazy_gettext("Write contacts to HubSpot"),
    "read_profiles": lazy_gettext("Read friends' profiles from LINE"),
    "import_list": lazy_gettext("Import a list"),
}


@web.get("/log/jobs")
def stuck_jobs() -> str:
    """What was given up, oldest first."""
    after = row_id(request.args.get("after", ""))
    found = Job.parked_of(tenant()).where(Job.id > after).order_by(Job.id).limit(PAGE + 1)
    jobs = list(db.session.scalars(found))
    more = url_for("web.stuck_jobs", after=jobs[PAGE - 1].id) if len(jobs) > PAGE else ""
    return page(
        "log/jobs.html", "log", jobs=jobs[:PAGE], more=more, kinds=KINDS, stuck=count_stuck()
    )


@web.post("/log/jobs/<int:job_id>/run")
def run_stuck_job(job_id: int) -> Response:
    """Try again, with all its tries."""
    if not run_job(person().installation, job_id):
        abort(404)
    flash(_("It is being tried again."))
    return redirect(url_for("web.stuck_jobs"))


@web.post("/log/jobs/<int:job_id>/drop")
def drop_stuck_job(job_id: int) -> Response:
    """Owe it no longer."""
    if not discard_job(person().installation, job_id):
        abort(404)
    flash(_("Dropped. Nothing more is tried."))
    return redirect(url_for("web.stuck_jobs"))


def count_stuck() -> int:
    """How many wait for a decision."""
    parked = Job.parked_of(tenant()).with_only_columns(Job.id).limit(1000).subquery()
    return db.session.scalar(select(func.count()).select_from(parked)) or 0
