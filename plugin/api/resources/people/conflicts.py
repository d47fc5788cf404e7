"""Conflicts: link requests that met another linkage and wait for a decision."""

from typing import Any

from marshmallow import fields, validate

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import Problem
from plugin.api.resource import Resource, own
from plugin.models.people.conflict import Conflict
from plugin.services.linkage.conflicts import keep_as_is, move_link

blueprint = Resource("conflicts", "Links that were asked for while another link stood")
DECIDED = "This conflict is decided already, or its contact is gone from HubSpot."


class ConflictSchema(ResponseSchema):
    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    line_user_id = fields.String(attribute="friend.line_user_id", required=True)
    contact_id = Id(attribute="contact.contact_id", required=True)
    linked_line_user_id = fields.String(attribute="standing_friend.line_user_id", required=True)
    linked_contact_id = Id(attribute="standing_contact.contact_id", required=True)
    # unconfirmed: no linkage conflicted, but the friend only typed the contact's e-mail address.
    decision = fields.String(
        required=True,
        validate=validate.OneOf(("friend_taken", "contact_taken", "unconfirmed")),
    )
    method = fields.String(required=True)
    actor = fields.String(required=True)
    source = fields.String(required=True)
    times = fields.Integer(required=True)
    opened_at = Moment(required=True)
    gone_at = Moment(required=True, allow_none=True)
    decided_at = Moment(required=True, allow_none=True)
    decided_by = fields.String(required=True)
    verdict = fields.String(required=True)


class ConflictQuery(PageQuery):
    decided = fields.Boolean(load_default=False)  # False: those that wait


@blueprint.get("")
@blueprint.arguments(ConflictQuery, location="query")
@blueprint.response(200, list_of(ConflictSchema))
def list_conflicts(query: dict[str, Any]) -> Page:
    """List conflicts"""
    return page(Conflict.owned(tenant().id, query["decided"]), Conflict.id, query)


@blueprint.get("/<conflict_id>")
@blueprint.response(200, ConflictSchema)
def get_conflict(conflict_id: str) -> Conflict:
    """Look at one conflict"""
    return _conflict(conflict_id)


@blueprint.post("/<conflict_id>/keep")
@blueprint.response(200, ConflictSchema)
def keep_conflict(conflict_id: str) -> Conflict:
    """Keep the link that stands"""
    conflict = _conflict(conflict_id)
    return _decided(conflict, keep_as_is(conflict, actor()))


@blueprint.post("/<conflict_id>/move")
@blueprint.response(200, ConflictSchema)
def move_conflict(conflict_id: str) -> Conflict:
    """Link as was asked for; the link that stands gives way"""
    conflict = _conflict(conflict_id)
    return _decided(conflict, move_link(conflict, actor()))


def _decided(conflict: Conflict, is_decided: bool) -> Conflict:
    if not is_decided:
        raise Problem(409, "decided", DECIDED)
    return conflict


def _conflict(conflict_id: str) -> Conflict:
    conflict: Conflict = own(Conflict, conflict_id)
    return conflict
