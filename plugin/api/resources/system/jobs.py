"""Failed jobs: read why, run them again, discard them."""

from typing import Any

from marshmallow import fields

from plugin.api.access import tenant
from plugin.api.fields import Id
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import not_found
from plugin.api.resource import Resource
from plugin.core.text.row_ids import row_id
from plugin.models.system.job import Job
from plugin.services.system.failed_jobs import discard_job, run_job

blueprint = Resource("jobs", "Work that was tried in vain and now waits for a decision")


class JobSchema(ResponseSchema):
    id = Id(required=True)
    kind = fields.String(required=True)
    key = fields.String(required=True)  # the id of a delivery, of an account ...
    last_error = fields.String(required=True)
    attempts = fields.Integer(required=True)


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(JobSchema))
def list_jobs(query: dict[str, Any]) -> Page:
    """List the jobs that were given up"""
    return page(Job.failed_of(tenant().id), Job.id, query)


@blueprint.post("/<job_id>/run")
@blueprint.response(204)
def run_job_again(job_id: str) -> None:
    """Run a job again, with all its tries"""
    if not run_job(tenant(), row_id(job_id) or 0):
        raise not_found()


@blueprint.delete("/<job_id>")
@blueprint.response(204)
def delete_job(job_id: str) -> None:
    """Throw a job away: its work is not done"""
    if not discard_job(tenant(), row_id(job_id) or 0):
        raise not_found()
