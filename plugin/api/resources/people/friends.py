"""Friends: LINE users of the Official Accounts, with the contact they are linked to."""

from typing import Any
from urllib.parse import urlsplit

from marshmallow import fields, validate
from sqlalchemy.orm import selectinload

from plugin.api.access import tenant
from plugin.api.fields import Computed, Id, Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import Problem
from plugin.api.resource import Resource, own
from plugin.core.properties import METHODS
from plugin.guards import get_deps
from plugin.models.audience.checked_rule import RuleError
from plugin.models.audience.segment import Segment
from plugin.models.people.friend import BLOCKED, FOLLOWING, UNKNOWN, Friend
from plugin.models.people.friend_search import FriendFilter, find_friends
from plugin.models.people.linkage import Linkage

blueprint = Resource("friends", "LINE users who are or were friends of an Official Account")
SHOWN = {
    "id": "12",
    "official_account": "1",
    "line_user_id": "U0123456789abcdef0123456789abcdef",
    "display_name": "Alice",
    "picture_url": "",
    "language": "en",
    "status": "following",
    "status_at": "2026-11-23T09:29:00.000Z",
    "status_since": "2026-10-01T08:00:00.000Z",
    "tags": ["vip"],
    "last_received_at": None,
    "last_sent_at": None,
    "created_at": "2026-11-23T09:29:00.000Z",
    "linkage": None,
}
STATUSES = validate.OneOf((FOLLOWING, BLOCKED, UNKNOWN))


def _record_url(linkage: Linkage) -> str:
    scheme = urlsplit(get_deps().settings.hubspot_authorize_base).scheme
    return tenant().record_url(scheme, linkage.contact.contact_id)


class FriendLinkageSchema(ResponseSchema):
    id = Id(required=True)  # the linkage's
    contact_id = Id(attribute="contact.contact_id", required=True)
    email = fields.String(attribute="contact.email", required=True)
    firstname = fields.String(attribute="contact.firstname", required=True)
    lastname = fields.String(attribute="contact.lastname", required=True)
    record_url = Computed(_record_url, required=True)
    method = fields.String(required=True, validate=validate.OneOf([name for name, _ in METHODS]))
    linked_at = Moment(required=True)


class FriendSchema(ResponseSchema):
    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    line_user_id = fields.String(required=True)
    display_name = fields.String(required=True)
    picture_url = fields.String(required=True)
    language = fields.String(required=True)
    status = fields.String(required=True, validate=STATUSES)
    status_at = Moment(required=True, allow_none=True)
    status_since = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "When it changed; null where it was never seen to change"},
    )
    tags = fields.List(fields.String(), required=True)
    last_received_at = Moment(required=True, allow_none=True)
    last_sent_at = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)
    # Null where the friend is linked to no contact.
    linkage = fields.Nested(FriendLinkageSchema, required=True, allow_none=True)


class FriendQuery(PageQuery):
    linked = fields.Boolean(load_default=None)
    status = fields.String(load_default="", validate=validate.OneOf(("", *STATUSES.choices)))
    q = PlainText(
        200,
        load_default="",
        metadata={"description": "Parts of names, e-mail address, LINE user ID or contact ID"},
    )
    tag = PlainText(200, load_default="")
    official_account = Id(load_default=None)
    segment = Id(load_default=None)


@blueprint.get("")
@blueprint.arguments(FriendQuery, location="query")
@blueprint.response(200, list_of(FriendSchema))
def list_friends(query: dict[str, Any]) -> Page:
    """List friends"""
    filters = FriendFilter(**{name: query[name] for name in FriendFilter._fields if name in query})
    try:
        found = find_friends(tenant().id, filters).options(selectinload(Friend.given_tags))
        return page(found, Friend.id, query)
    except RuleError as error:
        raise friends_problem(error, query["segment"]) from error


def friends_problem(error: RuleError, segment_id: int, field: str = "segment") -> Problem:
    """Say why the friends of a segment cannot be found: it is gone, or what it names is."""
    words = [str(fault.message) for fault in error.faults]
    gone = Segment.find_owned(tenant().id, segment_id) is None
    code = (404, "not_found") if gone else (422, "invalid")
    return Problem(*code, " ".join(words), errors={field: words})


@blueprint.get("/<friend_id>")
@blueprint.response(200, FriendSchema, example=SHOWN)
def get_friend(friend_id: str) -> Friend:
    """Look at one friend"""
    friend: Friend = own(Friend, friend_id)
    return friend
