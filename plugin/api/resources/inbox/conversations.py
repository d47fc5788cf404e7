"""Conversations: what friends and the team write to each other, and how far each is."""

from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.access import tenant
from plugin.api.fields import Id, Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.resource import Resource, own, own_in_body
from plugin.core.clock import rfc3339
from plugin.models.base import db
from plugin.models.connections.member import Member
from plugin.models.inbox.conversation import CLOSED, OPEN, Conversation
from plugin.models.inbox.inbox_search import ConversationFilter, owned_conversations
from plugin.models.people.friend import Friend
from plugin.services.inbox import state
from plugin.services.inbox.answer import free_until, why_closed

blueprint = Resource("conversations", "What friends and the team write to each other")
STATES = validate.OneOf((OPEN, CLOSED))
SHOWN = {
    "id": "8",
    "official_account": "1",
    "friend": "12",
    "line_user_id": "U0123456789abcdef0123456789abcdef",
    "display_name": "Alice",
    "state": "open",
    "unread": 1,
    "assignee": None,
    "last_direction": "in",
    "last_kind": "text",
    "last_text": "Are you open on Sunday?",
    "last_at": "2026-11-28T09:30:00.000Z",
    "waiting_since": "2026-11-28T09:30:00.000Z",
    "changed_at": "2026-11-28T09:30:00.000Z",
    "created_at": "2026-11-20T11:00:00.000Z",
    "closed_because": "",
    "free_until": "2026-11-28T09:50:00.000Z",
}


class ConversationSchema(ResponseSchema):
    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    friend = Id(attribute="friend_id", required=True)
    line_user_id = fields.String(attribute="friend.line_user_id", required=True)
    display_name = fields.String(attribute="friend.display_name", required=True)
    state = fields.String(required=True, validate=STATES)
    unread = fields.Integer(
        required=True, metadata={"description": "The friend's messages that nobody has opened"}
    )
    assignee = Id(attribute="assigned_to", required=True, allow_none=True)  # a member
    last_direction = fields.String(
        required=True, metadata={"description": "in, out, or empty before the first message"}
    )
    last_kind = fields.String(required=True)
    last_text = fields.String(required=True)  # its beginning
    last_at = Moment(required=True)
    waiting_since = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "The friend's oldest message without an answer"},
    )
    changed_at = Moment(required=True)
    created_at = Moment(required=True)


class WholeConversationSchema(ConversationSchema):
    closed_because = fields.Method(
        "_why", required=True, metadata={"description": "Why no answer can be sent now, or empty"}
    )
    free_until = fields.Function(
        lambda conversation: rfc3339(free_until(conversation)),
        required=True,
        metadata={
            "type": ["string", "null"],
            "format": "date-time",
            "description": "An answer until then is free of charge; null: it counts as a message",
        },
    )

    def _why(self, conversation: Conversation) -> str:
        problem = why_closed(conversation)
        return str(problem) if problem is not None else ""


class ConversationQuery(PageQuery):
    official_account = Id(load_default=None)
    friend = Id(load_default=None)
    state = fields.String(load_default="", validate=validate.OneOf(("", *STATES.choices)))
    unread = fields.Boolean(load_default=None)
    assignee = PlainText(
        20, load_default="", metadata={"description": "A member's id, or `nobody`"}
    )
    q = PlainText(200, load_default="", metadata={"description": "Words of the friend or contact"})
    changed_since = Moment(load_default=None)


class NewConversationSchema(Schema):
    friend = Id(required=True)


class ConversationChangeSchema(Schema):
    """What is left out stays."""

    state = fields.String(validate=STATES)
    unread = fields.Boolean(truthy={True}, falsy={False})
    assignee = Id(allow_none=True, metadata={"description": "A member's id; null: nobody"})


@blueprint.get("")
@blueprint.arguments(ConversationQuery, location="query")
@blueprint.response(200, list_of(ConversationSchema))
def list_conversations(query: dict[str, Any]) -> Page:
    """List conversations, the newest first

    `changed_since` finds what was written, read, assigned or closed since.
    """
    names = ConversationFilter._fields
    wanted = ConversationFilter(**{name: query[name] for name in names})
    rows = owned_conversations(tenant().id, wanted)
    return page(rows, Conversation.id, query, newest_first=True)


@blueprint.post("")
@blueprint.arguments(NewConversationSchema, example={"friend": "12"})
@blueprint.response(200, WholeConversationSchema, example=SHOWN)
def begin_conversation(body: dict[str, int]) -> Conversation:
    """Open a friend's conversation, made where there is none"""
    friend: Friend = own_in_body(Friend, body["friend"], "friend")
    return state.open_with(friend)


@blueprint.get("/<conversation_id>")
@blueprint.response(200, WholeConversationSchema)
def get_conversation(conversation_id: str) -> Conversation:
    """Look at one conversation"""
    return own_conversation(conversation_id)


@blueprint.patch("/<conversation_id>")
@blueprint.arguments(ConversationChangeSchema, example={"assignee": "3", "unread": False})
@blueprint.response(200, WholeConversationSchema)
def change_conversation(body: dict[str, Any], conversation_id: str) -> Conversation:
    """Close, reopen, assign, or mark as read or unread

    A friend's next message opens a closed one again. To mark it as read shows the friend that it
    was read, where LINE does.
    """
    conversation = own_conversation(conversation_id)
    if "assignee" in body:
        member_id = body["assignee"]
        member = own_in_body(Member, member_id, "assignee") if member_id is not None else None
        state.assign(conversation, member)
    if body.get("state", conversation.state) != conversation.state:
        (state.close if body["state"] == CLOSED else state.reopen)(conversation)
    if "unread" in body:
        (state.mark_unread if body["unread"] else state.mark_read)(conversation)
    db.session.refresh(conversation)
    return conversation


def own_conversation(conversation_id: str) -> Conversation:
    conversation: Conversation = own(Conversation, conversation_id)
    return conversation
