"""What HubSpot and Musubi tell each other: comparisons, and properties that HubSpot refused."""

from typing import Any

from marshmallow import fields

from plugin.api.access import tenant
from plugin.api.fields import Moment
from plugin.api.paging import ResponseSchema
from plugin.api.resource import Resource
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.imports.reconcile import ReconcileRun
from plugin.services.contacts.property_troubles import retry_properties
from plugin.services.sync.reconcile import begin_reconcile

blueprint = Resource("hubspot", "The exchange with HubSpot: comparison and property troubles")


class ComparisonSchema(ResponseSchema):
    started_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)
    read = fields.Integer(required=True)
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "same, rewritten, linked, unlinked, conflict, refused, gone ..."},
    )
    error = fields.String(required=True)


class PropertyTroubleSchema(ResponseSchema):
    name = fields.String(required=True)
    reason = fields.String(required=True)  # missing, unfit, read_only or refused
    words = fields.String(required=True)  # HubSpot's
    since = Moment(required=True)


class ExchangeSchema(ResponseSchema):
    comparison = fields.Nested(
        ComparisonSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The last one, which may be under way; null before the first"},
    )
    property_troubles = fields.List(fields.Nested(PropertyTroubleSchema), required=True)


@blueprint.get("")
@blueprint.response(200, ExchangeSchema)
def get_exchange() -> dict[str, Any]:
    """Look at the last comparison, and at properties that HubSpot refuses"""
    return _shown()


@blueprint.post("/compare")
@blueprint.response(202, ExchangeSchema)
def compare_contacts() -> dict[str, Any]:
    """Begin tonight's comparison now; one that is under way goes on"""
    begin_reconcile(tenant().id)
    return _shown()


@blueprint.post("/properties")
@blueprint.response(202, ExchangeSchema)
def retry_refused_properties() -> dict[str, Any]:
    """Look at the properties again, and write what HubSpot refused"""
    retry_properties(tenant().id)
    return _shown()


def _shown() -> dict[str, Any]:
    return {
        "comparison": ReconcileRun.newest_of(tenant().id),
        "property_troubles": PropertyTrouble.list_owned(tenant().id),
    }
