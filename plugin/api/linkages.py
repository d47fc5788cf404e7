"""Linkages: which friend is which contact, by whom and since when."""

from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment, PlainText, row_id, user_id
from plugin.api.paging import Answer, Page, PageQuery, list_of, page
from plugin.api.problems import Problem, invalid
from plugin.api.resource import Resource, found, owned_account
from plugin.core.properties import METHODS
from plugin.doorway import outside
from plugin.models.base import db
from plugin.models.linkage_search import find_history, find_linkages
from plugin.models.people import DEEDS, LedgerEntry, Linkage
from plugin.services.link_by_hand import Unknown, link_by_hand
from plugin.services.link_friend import Tied, untie_by_hand
from plugin.services.undo import undo

blueprint = Resource("linkages", "Ties between LINE friends and HubSpot contacts")
METHOD = validate.OneOf([name for name, _ in METHODS])
DEED = validate.OneOf(DEEDS)
EXAMPLE = {
    "official_account": "1",
    "contact_id": "150000000001",
    "line_user_id": "U0123456789abcdef0123456789abcdef",
}
SHOWN = {**EXAMPLE, "id": "7", "friend": "12", "method": "manual"}
SHOWN["linked_at"] = "2026-11-23T09:30:00.000Z"
NOT_UNDONE = {
    "overtaken": "Something happened to this friend's link after that. Undo the newest line.",
    "taken": "The friend or the contact is linked with somebody else by now.",
    "contact_gone": "HubSpot has this contact no more.",
    "not_undoable": "This line did not change a link.",
}
CONFLICTS = {
    "friend_taken": "This LINE friend is linked with another contact. Nothing was changed.",
    "contact_taken": "This contact is linked with another LINE friend. Nothing was changed.",
}


class LinkageSchema(Answer):
    """A tie. At most one a friend, and one a contact on each Official Account."""

    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    contact_id = Id(attribute="contact.contact_id", required=True)
    line_user_id = fields.String(attribute="friend.line_user_id", required=True)
    friend = Id(attribute="friend_id", required=True)
    method = fields.String(required=True, validate=METHOD)
    linked_at = Moment(required=True)


class NewLinkageSchema(Schema):
    """Who is to be tied to whom."""

    official_account = Id(required=True)
    contact_id = Id(required=True)
    line_user_id = PlainText(80, required=True, validate=[user_id])


class HistorySchema(Answer):
    """What happened to a tie. `before` is what stood there, or stood in the way."""

    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    at = Moment(required=True)
    deed = fields.String(required=True, validate=DEED)
    method = fields.String(required=True, validate=METHOD)
    actor = fields.String(required=True)
    source = fields.String(required=True)
    line_user_id = fields.String(required=True)
    contact_id = Id(required=True)
    before = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class LinkageQuery(PageQuery):
    """Filters; absent: all."""

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

    A tie that exists is never moved: 409 then names it under `conflict`.
    """
    account = owned_account(body["official_account"])
    try:
        tied = link_by_hand(outside(), account, body["contact_id"], body["line_user_id"], actor())
    except Unknown as error:
        raise invalid(error.field, str(error)) from error
    return _outcome(tied)


@blueprint.get("/history")
@blueprint.arguments(LinkageQuery, location="query")
@blueprint.response(200, list_of(HistorySchema))
def list_history(query: dict[str, Any]) -> Page:
    """List what happened to linkages, newest first"""
    history = find_history(tenant().id, **_filters(query))
    return page(history, LedgerEntry.id, query, newest_first=True)


@blueprint.post("/history/<entry_id>/undo")
@blueprint.response(200, HistorySchema)
def undo_history(entry_id: str) -> LedgerEntry:
    """Take a line of the history back

    A link is unlinked, an unlinked pair linked again if both are free, a move moved back. Only the
    newest line of a friend can be undone; the undo is a line of its own.
    """
    mine = LedgerEntry.owned(tenant().id).where(LedgerEntry.id == (row_id(entry_id) or 0))
    entry: LedgerEntry = found(db.session.scalar(mine))
    outcome = undo(entry, actor())
    if outcome != "undone":
        raise Problem(409, outcome, NOT_UNDONE[outcome])
    return LedgerEntry.undoing(entry.id)


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
    untie_by_hand(_linkage(linkage_id), actor())


def _outcome(tied: Tied) -> tuple[Linkage, int]:
    """What the wish came to; `standing` is the tie that stands now, made or met."""
    standing: Linkage = found(tied.linkage)
    if tied.decision in CONFLICTS:
        shown = {"decision": tied.decision, "linkage": LinkageSchema().dump(standing)}
        raise Problem(409, tied.decision, CONFLICTS[tied.decision], more={"conflict": shown})
    return standing, 201 if tied.decision == "link" else 200


def _linkage(linkage_id: str) -> Linkage:
    linkage: Linkage = found(Linkage.find_owned(tenant().id, row_id(linkage_id) or 0))
    return linkage


def _filters(query: dict[str, Any]) -> dict[str, Any]:
    return {name: query[name] for name in ("contact_id", "line_user_id", "official_account")}
