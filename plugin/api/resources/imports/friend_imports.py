"""Imports of all friends that LINE lists for an Official Account."""

from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.access import tenant
from plugin.api.fields import Id, Moment
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import invalid
from plugin.api.resource import Resource, own, owned_account
from plugin.models.imports.friend_import import (
    CANCELLED,
    FAILED,
    FILE,
    FINISHED,
    FOLLOWERS,
    FORBIDDEN,
    RUNNING,
    FriendImport,
)
from plugin.services.imports.friend_import import (
    UnfitFile,
    begin_file_import,
    begin_friend_import,
    cancel_friend_import,
)

blueprint = Resource("friend-imports", "Imports of the friends an Official Account has")
# FORBIDDEN: LINE lists friends to verified and premium accounts only.
MOST_IDS = 5000
FILE_MESSAGES = {
    "too_large": "These are too many ids at once. Send them in several imports.",
    "too_many": "These are too many ids at once. Send them in several imports.",
    "no_ids": "None of these is a LINE User ID: U and 32 digits of 0-9, a-f.",
}
STATE = validate.OneOf((RUNNING, FINISHED, FAILED, FORBIDDEN, CANCELLED))


class FriendImportSchema(ResponseSchema):
    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    source = fields.String(required=True, validate=validate.OneOf((FOLLOWERS, FILE)))
    state = fields.String(required=True, validate=STATE)
    found = fields.Integer(required=True)
    new = fields.Integer(required=True)  # those of `found` that were unknown
    not_friends = fields.Integer(attribute="unknown", required=True)
    invalid = fields.Integer(required=True)
    profiles = fields.Integer(required=True)  # names read
    error = fields.String(required=True)
    started_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)


class NewFriendImportSchema(Schema):
    official_account = Id(required=True)
    line_user_ids = fields.List(
        fields.String(validate=validate.Length(max=80)),
        validate=validate.Length(1, MOST_IDS),
        metadata={"description": "Instead of LINE's list: ids that LINE is asked about"},
    )


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(FriendImportSchema))
def list_friend_imports(query: dict[str, Any]) -> Page:
    """List imports of friends, newest first"""
    return page(FriendImport.owned(tenant().id), FriendImport.id, query, newest_first=True)


@blueprint.post("")
@blueprint.arguments(NewFriendImportSchema, example={"official_account": "1"})
@blueprint.response(201, FriendImportSchema)
def create_friend_import(body: dict[str, Any]) -> FriendImport:
    """Import an account's friends

    May be repeated: friends that are known are not made twice, and newer knowledge stays. Where
    an import is under way, that one is answered. LINE lists friends to verified and premium
    accounts only; any account may send the ids that it has.
    """
    account = owned_account(body["official_account"])
    if "line_user_ids" not in body:
        return begin_friend_import(account)
    try:
        return begin_file_import(account, "\n".join(body["line_user_ids"]).encode())
    except UnfitFile as error:
        raise invalid("line_user_ids", FILE_MESSAGES[error.reason]) from error


@blueprint.get("/<import_id>")
@blueprint.response(200, FriendImportSchema)
def get_friend_import(import_id: str) -> FriendImport:
    """Look at one import of friends"""
    return _import(import_id)


@blueprint.post("/<import_id>/cancel")
@blueprint.response(200, FriendImportSchema)
def cancel(import_id: str) -> FriendImport:
    """Cancel an import of friends; those it met stay"""
    run = _import(import_id)
    cancel_friend_import(run)
    return run


def _import(import_id: str) -> FriendImport:
    run: FriendImport = own(FriendImport, import_id)
    return run
