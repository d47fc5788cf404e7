"""Linkages between friends and contacts, and their history."""

from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment, PlainText, user_id
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import Problem, invalid
from plugin.api.resource import Resource, or_404, own, owned_account
from plugin.core.properties import METHODS
from plugin.core.text.row_ids import row_id
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.people.conflict import Conflict, Pair
from plugin.models.people.linkage import EVENT_TYPES, Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.people.linkage_search import find_history, find_linkages
from plugin.services.linkage.link import LinkResult, unlink_manually
from plugin.services.linkage.manual import UnknownId, link_manually
from plugin.services.linkage.undo import undo

blueprint = Resource("linkages", "Linkages between LINE friends and HubSpot contacts")
METHOD = validate.OneOf([name for name, _ in METHODS])
EVENT_TYPE = validate.OneOf(EVENT_TYPES)
EXAMPLE = {
    "official_account": "1",
    "contact_id": "150000000001",
    "line_user_id": "U0123456789abcdef0123456789abcdef",
}
SHOWN = {**EXAMPLE, "id": "7", "friend": "12", "method": "manual"}
SHOWN["linked_at"] = "2026-11-23T09:30:00.000Z"
NOT_UNDONE = {
    "overtaken": "Something happened to this friend's link after that. Undo the newest entry.",
    "taken": "The friend or the contact is linked with somebody else by now.",
    "contact_gone": "HubSpot has this contact no more.",
    "not_undoable": "This entry did not change a link.",
}
CONFLICTS = {
    "friend_taken": "This LINE friend is linked with another contact."
    " That link stays; the conflict is kept for somebody to decide.",
    "contact_taken": "This contact is linked with another LINE friend."
    " That link stays; the conflict is kept for somebody to decide.",
}


# At most one a friend, and one a contact on each Official Account.
class LinkageSchema(ResponseSchema):
    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    contact_id = Id(attribute="contact.contact_id", required=True)
    line_user_id = fields.String(attribute="friend.line_user_id", required=True)
    friend = Id(attribute="friend_id", required=True)
    method = fields.String(required=True, validate=METHOD)
    linked_at = Moment(required=True)


class NewLinkageSchema(Schema):
    official_account = Id(required=True)
    contact_id = Id(required=True)
    line_user_id = PlainText(80, required=True, validate=[user_id])


class HistorySchema(ResponseSchema):
    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    at = Moment(required=True)
    deed = fields.String(attribute="event_type", required=True, validate=EVENT_TYPE)
    method = fields.String(required=True, validate=METHOD)
    actor = fields.String(required=True)
    source = fields.String(required=True)
    line_user_id = fields.String(required=True)
    contact_id = Id(required=True)
    # The pair that was linked before, or that conflicted.
    before = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class LinkageQuery(PageQuery):
    contact_id = Id(load_default=None)
    line_user_id = PlainText(80, load_default="")
    official_account = Id(load_default=None)


@blueprint.get("")
@blueprint.arguments(LinkageQuery, location="query")
@blueprint.response(200, list_of(LinkageSchema))
def list_linkages(query: dict[str, Any]) -> Page:
    """List linkages"""
    return page(find_linkages(tenant().id, **_filters(query)), Linkage.id, query)


@blueprint.post("")
@blueprint.arguments(NewLinkageSchema, example=EXAMPLE)
@blueprint.response(201, LinkageSchema, example=SHOWN)
@blueprint.alt_response(200, schema=LinkageSchema, description="They are linked already")
def create_linkage(body: dict[str, Any]) -> tuple[Linkage, int]:
    """Link a contact and a friend

    A linkage that exists is never moved: 409 then names it under `conflict`, with the `id` of the
    conflict that somebody decides (`conflicts/<id>/keep` or `/move`).
    """
    account = owned_account(body["official_account"])
    try:
        link = link_manually(get_deps(), account, body["contact_id"], body["line_user_id"], actor())
    except UnknownId as error:
        raise invalid(error.field, str(error)) from error
    return _outcome(link, Pair(account.id, body["contact_id"], body["line_user_id"]))


@blueprint.get("/history")
@blueprint.arguments(LinkageQuery, location="query")
@blueprint.response(200, list_of(HistorySchema))
def list_history(query: dict[str, Any]) -> Page:
    """List what happened to linkages, newest first"""
    history = find_history(tenant().id, **_filters(query))
    return page(history, HistoryEntry.id, query, newest_first=True)


@blueprint.post("/history/<entry_id>/undo")
@blueprint.response(200, HistorySchema)
def undo_history(entry_id: str) -> HistoryEntry:
    """Undo an entry of the history

    A link is unlinked, an unlinked pair linked again if both are free, a move moved back. Only the
    newest entry of a friend can be undone; the undo is an entry of its own.
    """
    rows = HistoryEntry.owned(tenant().id).where(HistoryEntry.id == (row_id(entry_id) or 0))
    entry: HistoryEntry = or_404(db.session.scalar(rows))
    outcome = undo(entry, actor())
    if outcome != "undone":
        raise Problem(409, outcome, NOT_UNDONE[outcome])
    return HistoryEntry.undoing(entry.id)


@blueprint.get("/<linkage_id>")
@blueprint.response(200, LinkageSchema)
def get_linkage(linkage_id: str) -> Linkage:
    """Look at one linkage"""
    return _linkage(linkage_id)


@blueprint.delete("/<linkage_id>")
@blueprint.response(204)
def delete_linkage(linkage_id: str) -> None:
    """Unlink

    The contact's LINE properties are cleared in HubSpot afterwards; the history stays.
    """
    unlink_manually(_linkage(linkage_id), actor())


def conflict_problem(decision: str, linkage: Linkage | None, conflict_id: int | None) -> Problem:
    """`conflict_id` None: the pair's contact was merged just now, and is known by another id."""
    conflict = {
        "id": None if conflict_id is None else str(conflict_id),
        "decision": decision,
        "linkage": LinkageSchema().dump(linkage),
    }
    return Problem(409, decision, CONFLICTS[decision], more={"conflict": conflict})


def _outcome(result: LinkResult, pair: Pair) -> tuple[Linkage, int]:
    linkage: Linkage = or_404(result.linkage)
    if result.decision in CONFLICTS:
        conflict_id = Conflict.ids_of(tenant().id, [pair]).get(pair)
        raise conflict_problem(result.decision, linkage, conflict_id)
    return linkage, 201 if result.decision == "link" else 200


def _linkage(linkage_id: str) -> Linkage:
    linkage: Linkage = own(Linkage, linkage_id)
    return linkage


def _filters(query: dict[str, Any]) -> dict[str, Any]:
    return {name: query[name] for name in ("contact_id", "line_user_id", "official_account")}
