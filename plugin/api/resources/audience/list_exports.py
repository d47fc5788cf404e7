"""Static HubSpot lists made of a segment's linked friends or of a broadcast's recipients."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import Problem, invalid
from plugin.api.resource import Resource, own, owned_account
from plugin.api.resources.audience.segments import owned_segment, rule_problem
from plugin.api.resources.people.tags import FriendFilterSchema
from plugin.guards import get_deps
from plugin.models.audience.list_export import FAILED, FINISHED, RUNNING, ListExport
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient_search import RecipientFilter
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend_search import FriendFilter
from plugin.services.segments.list_export import (
    LONGEST_NAME,
    ExportRefused,
    export_friends,
    export_recipients,
    export_rule,
)
from plugin.services.segments.members import RuleError, rule_of

blueprint = Resource("list-exports", "Static HubSpot lists made of friends or recipients")
SHOWN = {
    "id": "3",
    "name": "Customers on LINE",
    "list_id": "",
    "state": "running",
    "reason": "",
    "error": "",
    "added": 0,
    "not_linked": 0,
    "started_at": "2026-11-27T09:30:00.000Z",
    "finished_at": None,
}


class ListExportSchema(ResponseSchema):
    id = Id(required=True)
    name = fields.String(required=True)
    list_id = fields.String(required=True)  # HubSpot's, once the list is made
    state = fields.String(required=True, validate=validate.OneOf((RUNNING, FINISHED, FAILED)))
    reason = fields.String(required=True)  # "", not_allowed, account_gone or rule_broken
    error = fields.String(required=True)  # HubSpot's words, or ours
    added = fields.Integer(required=True)
    not_linked = fields.Integer(required=True)
    started_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)


class NewListExportSchema(Schema):
    name = PlainText(LONGEST_NAME, 1, required=True)
    segment = Id()
    broadcast = Id()
    # The filter of `GET friends`: the linked friends of all Official Accounts who fit.
    friends = fields.Nested(FriendFilterSchema)
    # Of a broadcast: only its recipients in this state, with this reason, of this variant, and who
    # tapped or wrote back, or did not.
    state = PlainText(20, load_default="")
    reason = PlainText(40, load_default="")
    variant = fields.Integer(load_default=None, validate=validate.Range(0, 3))
    tapped = fields.Boolean(load_default=None)
    replied = fields.Boolean(load_default=None)

    @validates_schema
    def _one_source(self, data: dict[str, Any], **_: Any) -> None:
        if len([name for name in ("segment", "broadcast", "friends") if name in data]) != 1:
            raise ValidationError("Name a segment, a broadcast, or friends.", "segment")


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(ListExportSchema))
def list_exports(query: dict[str, Any]) -> Page:
    """List what was made and is being made"""
    return page(ListExport.owned(tenant().id), ListExport.id, query)


@blueprint.post("")
@blueprint.arguments(NewListExportSchema, example={"segment": "7", "name": "Customers on LINE"})
@blueprint.response(201, ListExportSchema, example=SHOWN)
def make_list(body: dict[str, Any]) -> ListExport:
    """Make a static list in HubSpot

    Friends without a linked contact are counted in `not_linked`. It needs the optional scope
    `crm.lists.write`.
    """
    try:
        return _begin(body)
    except RuleError as error:
        raise rule_problem(error) from error
    except ExportRefused as error:
        raise invalid("name", str(error.message)) from error


@blueprint.get("/<export_id>")
@blueprint.response(200, ListExportSchema, example=SHOWN)
def get_list_export(export_id: str) -> ListExport:
    """Look at one"""
    export: ListExport = own(ListExport, export_id)
    return export


def _any_account(filters: FriendFilter) -> OfficialAccount:
    if filters.official_account is not None:
        return owned_account(filters.official_account)
    accounts = OfficialAccount.list_owned(tenant().id)
    if not accounts:
        raise invalid("friends", "No Official Account is connected.")
    return accounts[0]


def _begin(body: dict[str, Any]) -> ListExport:
    name, deps = body["name"], get_deps()
    if "friends" in body:
        filters = FriendFilter(**body["friends"])
        return export_friends(deps, _any_account(filters), name, filters, actor())
    if "segment" in body:
        segment = owned_segment(body["segment"])
        return export_rule(deps, segment.official_account, name, rule_of(segment), actor())
    broadcast = Broadcast.find_owned(tenant().id, body["broadcast"])
    if broadcast is None:
        words = "There is no such broadcast."
        raise Problem(404, "not_found", words, errors={"broadcast": [words]})
    query = RecipientFilter(**{key: body[key] for key in RecipientFilter._fields})
    return export_recipients(deps, broadcast, name, query, actor())
