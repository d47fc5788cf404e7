"""Tags: those of the installation, of one friend, and of many friends at once."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import invalid
from plugin.api.resource import Resource, own, owned_account
from plugin.api.resources.people.friends import STATUSES, FriendSchema, friends_problem
from plugin.api.resources.people.friends import blueprint as friends_blueprint
from plugin.models.audience.checked_rule import RuleError
from plugin.models.base import db
from plugin.models.people.friend import Friend
from plugin.models.people.friend_search import FriendFilter
from plugin.models.people.tag import Tag
from plugin.models.people.tagging import FINISHED, RUNNING, Tagging
from plugin.services.friends.bulk_tags import begin_tagging
from plugin.services.friends.tags import (
    MAX_TAG_LENGTH,
    MAX_TAGS,
    InvalidTag,
    change_tags,
    read_tags,
)

blueprint = Resource("tags", "Tags that friends carry, and tagging of many friends")
MOST_TAGS, MOST_FRIENDS = 20, 5000
EXAMPLE = {"tags": ["VIP"], "friends": {"segment": "7"}, "removes": False}
SHOWN = {
    "id": "4", "state": "running", "tags": ["VIP"], "removes": False, "size": 1204, "seen": 200,
    "changed": 180, "full": 0, "started_at": "2026-11-28T09:30:00.000Z", "finished_at": None,
}  # fmt: skip


class TagSchema(ResponseSchema):
    id = Id(required=True)
    name = fields.String(required=True)
    friends = fields.Integer(
        required=True, metadata={"description": "How many carry it, a moment ago"}
    )
    created_at = Moment(required=True)


class TagQuery(PageQuery):
    q = PlainText(MAX_TAG_LENGTH, load_default="", metadata={"description": "A part of the name"})


class FriendFilterSchema(Schema):
    """Who is tagged: friends who fit all that is named, which is the filter of `GET friends`."""

    official_account = Id()
    segment = Id()
    status = fields.String(validate=STATUSES)
    linked = fields.Boolean(truthy={True}, falsy={False})
    tag = PlainText(200, 1)
    q = PlainText(200, 1)
    ids = fields.List(Id(), validate=validate.Length(1, MOST_FRIENDS))

    @validates_schema
    def _chooses(self, data: dict[str, Any], **_: Any) -> None:
        # Tagging everybody must not be one slip away.
        if not data:
            raise ValidationError("Name at least one of the filters.")


class NewTaggingSchema(Schema):
    tags = fields.List(
        PlainText(MAX_TAG_LENGTH, 1), required=True, validate=validate.Length(1, MOST_TAGS)
    )
    friends = fields.Nested(FriendFilterSchema, required=True)
    removes = fields.Boolean(load_default=False, metadata={"description": "Take the tags away"})


class TagChangeSchema(Schema):
    add = fields.List(
        PlainText(MAX_TAG_LENGTH, 1), load_default=list, validate=validate.Length(max=MOST_TAGS)
    )
    remove = fields.List(
        PlainText(MAX_TAG_LENGTH, 1), load_default=list, validate=validate.Length(max=MAX_TAGS)
    )

    @validates_schema
    def _changes(self, data: dict[str, Any], **_: Any) -> None:
        if not data["add"] and not data["remove"]:
            raise ValidationError("Name tags to add or to remove.", "add")


class TaggingSchema(ResponseSchema):
    id = Id(required=True)
    state = fields.String(required=True, validate=validate.OneOf((RUNNING, FINISHED)))
    tags = fields.List(fields.String(), required=True)
    removes = fields.Boolean(required=True)
    size = fields.Integer(required=True)  # who fitted at the start
    seen = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    full = fields.Integer(
        required=True, metadata={"description": "Who carries as many tags as there may be"}
    )
    started_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)


@blueprint.get("")
@blueprint.arguments(TagQuery, location="query")
@blueprint.response(200, list_of(TagSchema))
def list_tags(query: dict[str, Any]) -> Page:
    """List the tags"""
    return page(Tag.most_used(tenant().id, query["q"]), Tag.id, query)


@blueprint.get("/taggings")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(TaggingSchema))
def list_taggings(query: dict[str, Any]) -> Page:
    """List bulk taggings, the newest first"""
    return page(Tagging.owned(tenant().id), Tagging.id, query, newest_first=True)


@blueprint.post("/taggings")
@blueprint.arguments(NewTaggingSchema, example=EXAMPLE)
@blueprint.response(201, TaggingSchema, example=SHOWN)
def tag_friends(body: dict[str, Any]) -> Tagging:
    """Tag many friends, or take tags from them

    It goes on in the background. Who carries a hundred tags already gets no more.
    """
    wanted = body["friends"]
    if "official_account" in wanted:
        owned_account(wanted["official_account"])
    tags, removes = tags_of(body["tags"]), body["removes"]
    try:
        return begin_tagging(
            tenant().id, FriendFilter(**wanted), tags, removes=removes, actor=actor()
        )
    except RuleError as error:
        raise friends_problem(error, wanted["segment"], "friends.segment") from error


@blueprint.get("/taggings/<tagging_id>")
@blueprint.response(200, TaggingSchema, example=SHOWN)
def get_tagging(tagging_id: str) -> Tagging:
    """Look at one bulk tagging"""
    tagging: Tagging = own(Tagging, tagging_id)
    return tagging


@friends_blueprint.post("/<friend_id>/tags")
@friends_blueprint.arguments(TagChangeSchema, example={"add": ["VIP"], "remove": ["new"]})
@friends_blueprint.response(200, FriendSchema)
def change_friend_tags(body: dict[str, list[str]], friend_id: str) -> Friend:
    """Give tags to one friend, and take others"""
    friend: Friend = own(Friend, friend_id)
    added = tags_of(body["add"], "add") if body["add"] else []
    if not change_tags(friend.id, added=added, removed=body["remove"]):
        raise invalid("add", f"A friend can carry {MAX_TAGS} tags at most.")
    db.session.refresh(friend)
    return friend


def tags_of(tags: list[str], field: str = "tags") -> list[str]:
    """Return tags as they are stored, or raise a 422 problem at the field."""
    try:
        return read_tags(*tags)
    except InvalidTag as error:
        raise invalid(field, str(error)) from error
