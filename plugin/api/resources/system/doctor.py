"""The doctor: every prerequisite of an Installation, with what mends it."""

from typing import Any, get_args

from marshmallow import fields, validate

from plugin.api.access import tenant
from plugin.api.fields import Id, Moment
from plugin.api.paging import ResponseSchema
from plugin.api.resource import Resource
from plugin.core.diagnosis.doctor.cause import State
from plugin.core.diagnosis.doctor.checks import CHECKS, GROUPS
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.doctor.plain import plain
from plugin.services.doctor.report import report_of
from plugin.services.doctor.run import check_installation

blueprint = Resource("doctor", "Whether everything works that linking and sending rest on")


class DoctorStepSchema(ResponseSchema):
    text = fields.String(required=True)
    url = fields.String(required=True)  # "": nothing has to be opened


class DoctorCheckSchema(ResponseSchema):
    key = fields.String(required=True, validate=validate.OneOf(tuple(CHECKS)))
    group = fields.String(required=True, validate=validate.OneOf(tuple(GROUPS)))
    label = fields.String(required=True)
    official_account = Id(required=True, allow_none=True)
    # off: not set up, or not to be had, which may be intended
    state = fields.String(required=True, validate=validate.OneOf(get_args(State)))
    cause = fields.String(required=True)
    text = fields.String(required=True)
    detail = fields.String(required=True)  # the platform's own words
    steps = fields.List(fields.Nested(DoctorStepSchema), required=True)


class DoctorSchema(ResponseSchema):
    healthy = fields.Boolean(required=True)  # nothing fails
    checked_at = Moment(required=True, allow_none=True)
    checks = fields.List(fields.Nested(DoctorCheckSchema), required=True)


@blueprint.get("")
@blueprint.response(200, DoctorSchema)
def get_doctor() -> dict[str, Any]:
    """What the doctor found last

    Nobody is asked for it. Checks that were not made yet are `unknown`.
    """
    accounts = OfficialAccount.list_owned(tenant().id)
    return plain(get_deps(), report_of(tenant(), accounts))


@blueprint.post("")
@blueprint.response(200, DoctorSchema)
def run_doctor() -> dict[str, Any]:
    """Ask HubSpot, LINE and Musubi itself now

    It takes ten seconds at most, sends no message and costs none. LINE's test of the webhook can
    be made 60 times an hour for each Official Account.
    """
    return plain(get_deps(), check_installation(get_deps(), tenant()))
