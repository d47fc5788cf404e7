"""Members: people of the team, who signed in through HubSpot."""

from typing import Any

from marshmallow import fields

from plugin.api.access import tenant
from plugin.api.fields import Id, Moment
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.resource import Resource, own
from plugin.models.connections.member import Member

blueprint = Resource("members", "People of the team, who have signed in through HubSpot")
SHOWN = {
    "id": "3",
    "email": "anna@example.com",
    "hubspot_user_id": "7000001",
    "signed_in_at": "2026-11-28T09:30:00.000Z",
}


class MemberSchema(ResponseSchema):
    id = Id(required=True)
    email = fields.String(required=True)
    hubspot_user_id = Id(required=True)
    signed_in_at = Moment(required=True)


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(MemberSchema))
def list_members(query: dict[str, Any]) -> Page:
    """List the team"""
    return page(Member.owned(tenant().id), Member.id, query)


@blueprint.get("/<member_id>")
@blueprint.response(200, MemberSchema, example=SHOWN)
def get_member(member_id: str) -> Member:
    """Look at one member"""
    member: Member = own(Member, member_id)
    return member
