"""Campaigns of HubSpot, to which a broadcast may belong."""

from typing import Any

from marshmallow import Schema, fields

from plugin.api.access import tenant
from plugin.api.fields import PlainText
from plugin.api.paging import Page, ResponseSchema, list_of
from plugin.api.resource import Resource
from plugin.api.resources.messages.broadcast_bodies import no_scope
from plugin.guards import get_deps
from plugin.services.broadcasts.campaigns import campaigns_of

blueprint = Resource("campaigns", "HubSpot campaigns, to which a broadcast may belong")


class CampaignSchema(ResponseSchema):
    id = fields.String(attribute="campaign_id", required=True)
    name = fields.String(required=True)
    utm = fields.String(required=True)


class CampaignQuery(Schema):
    q = PlainText(100, load_default="", metadata={"description": "A part of the name"})


@blueprint.get("")
@blueprint.arguments(CampaignQuery, location="query")
@blueprint.response(200, list_of(CampaignSchema))
def list_campaigns(query: dict[str, str]) -> Page:
    """List HubSpot's newest campaigns, all on one page

    It needs the optional scope `marketing.campaigns.read`.
    """
    found = campaigns_of(get_deps(), tenant(), query["q"])
    if found.missing:
        raise no_scope(found.missing)
    rows: list[Any] = list(found.rows)
    return {"results": rows, "after": None}
