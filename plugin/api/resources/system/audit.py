"""The audit: who changed what, by a page, the API or an agent."""

from typing import Any

from marshmallow import fields, validate

from plugin.api.access import tenant
from plugin.api.fields import Id, Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.resource import Resource
from plugin.models.system.audit_entry import WAYS, AuditEntry

blueprint = Resource("audit", "Who changed what: members, programs and agents; kept for 400 days")


class AuditEntrySchema(ResponseSchema):
    id = Id(required=True)
    at = Moment(required=True)
    via = fields.String(required=True, validate=validate.OneOf(WAYS))
    actor = fields.String(required=True)  # a member's e-mail address, or the name of an API key
    agent = fields.String(required=True)  # what an agent calls itself; else empty
    deed = fields.String(required=True)
    path = fields.String(required=True)
    made = fields.String(
        required=True,
        metadata={"description": "The path of what the change made; else empty"},
    )


class AuditQuery(PageQuery):
    via = fields.String(load_default="", validate=validate.OneOf(("", *WAYS)))
    actor = PlainText(255, load_default="")


@blueprint.get("")
@blueprint.arguments(AuditQuery, location="query")
@blueprint.response(200, list_of(AuditEntrySchema))
def list_audit(query: dict[str, Any]) -> Page:
    """List changes, newest first"""
    rows = AuditEntry.owned(tenant().id)
    for name in ("via", "actor"):
        if query[name]:
            rows = rows.where(getattr(AuditEntry, name) == query[name])
    return page(rows, AuditEntry.id, query, newest_first=True)
