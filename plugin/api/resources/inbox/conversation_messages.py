"""Messages of a conversation: read, answered, noted."""

import math
import secrets
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from werkzeug.wrappers import Response

from plugin.api.access import actor, tenant
from plugin.api.fields import Id, Moment
from plugin.api.idempotency import HEADER
from plugin.api.messages import check_messages, messages_field
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import Problem
from plugin.api.resource import or_404, own_in_body
from plugin.api.resources.inbox.conversations import blueprint, own_conversation
from plugin.core.clock import utcnow
from plugin.core.messages.part import TEXT_LIMIT
from plugin.core.text.clean import storable
from plugin.core.text.row_ids import row_id
from plugin.file_answers import send_media
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.connections.member import Member
from plugin.models.inbox.conversation import Conversation
from plugin.models.inbox.message import (
    GONE,
    IN,
    KEPT,
    NOTE,
    OUT,
    PENDING,
    REFUSED,
    ConversationMessage,
)
from plugin.models.inbox.thread import messages_with
from plugin.models.media.media import Media
from plugin.models.sending.template import Template
from plugin.services.inbox import state
from plugin.services.inbox.answer import Answer, AnswerRefused, Author, answer, was_answered
from plugin.services.inbox.claim import claimed_by_other
from plugin.services.media.variants import ORIGINAL, PREVIEW

FILE = {"type": "string", "format": "binary"}
CONTENT = ("text", "template", "media", "messages")
SHOWN = {
    "id": "77", "direction": "out", "kind": "text", "text": "Yes, from 10 to 18.", "payload": {},
    "by": "anna@example.com", "member": "3", "media": None, "content_state": "",
    "taken_back": False,
    "at": "2026-11-28T09:31:00.000Z",
    "delivery": {"id": "31", "state": "accepted", "result": "sent", "error": "", "free": True,
                 "messages": [{"type": "text", "text": "Yes, from 10 to 18."}]},
}  # fmt: skip


class AnswerDeliverySchema(ResponseSchema):
    id = Id(required=True)
    state = fields.String(required=True)  # as in `deliveries`
    result = fields.String(required=True)
    error = fields.String(required=True)
    free = fields.Function(lambda delivery: bool(delivery.reply_token), required=True,
                           metadata={"type": "boolean"})  # fmt: skip
    messages = fields.List(fields.Dict(), required=True)


class MessageSchema(ResponseSchema):
    id = Id(attribute="message.id", required=True)
    direction = fields.String(
        attribute="message.direction", required=True, validate=validate.OneOf((IN, OUT, NOTE))
    )
    kind = fields.String(attribute="message.kind", required=True)
    text = fields.String(attribute="message.text", required=True)
    payload = fields.Dict(
        attribute="message.payload",
        required=True,
        metadata={"description": "What else LINE tells of it: a sticker's ids, a place"},
    )
    by = fields.Method("_by", required=True, metadata={"description": "Who of the team wrote it"})
    member = Id(attribute="message.member_id", required=True, allow_none=True)
    media = Id(attribute="message.media_id", required=True, allow_none=True)
    content_state = fields.String(
        attribute="message.content_state",
        required=True,
        validate=validate.OneOf(("", PENDING, KEPT, GONE, REFUSED)),
        metadata={"description": "Of the friend's file, which is under `content` once it is kept"},
    )
    taken_back = fields.Function(
        lambda item: item.message.unsent_at is not None,
        required=True,
        metadata={"type": "boolean", "description": "The friend deleted it"},
    )
    at = Moment(attribute="message.at", required=True)
    delivery = fields.Nested(AnswerDeliverySchema, required=True, allow_none=True)

    def _by(self, item: Any) -> str:
        return item.member.email if item.member else str(item.message.payload.get("by", ""))


class NewAnswerSchema(Schema):
    """Several of text, template and media go out together and count as one message."""

    text = fields.String(validate=validate.Length(max=TEXT_LIMIT))
    template = Id()
    media = Id(metadata={"description": "An uploaded picture or video"})
    messages = messages_field("One to five LINE message objects", required=False)
    member = Id(metadata={"description": "In whose name; absent: the key's"})
    take_over = fields.Boolean(
        load_default=False,
        metadata={"description": "Answer although a member is writing at this moment"},
    )

    @validates_schema
    def _has_content(self, data: dict[str, Any], **_: Any) -> None:
        if not any(data.get(name) for name in CONTENT):
            raise ValidationError(f"Give at least one of {', '.join(CONTENT)}.", "text")


class NewNoteSchema(Schema):
    text = fields.String(required=True, validate=validate.Length(1, state.LONGEST_NOTE))
    member = Id(metadata={"description": "In whose name; absent: the key's"})


class ContentQuery(Schema):
    variant = fields.String(load_default=ORIGINAL, validate=validate.OneOf((ORIGINAL, PREVIEW)))


@blueprint.get("/<conversation_id>/messages")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(MessageSchema))
def list_messages(query: dict[str, Any], conversation_id: str) -> Page:
    """List a conversation's messages and notes, the newest first

    What workflows and broadcasts sent is under `deliveries`. To read them marks nothing as read.
    """
    rows = ConversationMessage.of(own_conversation(conversation_id).id)
    found = page(rows, ConversationMessage.id, query, newest_first=True)
    found["results"] = messages_with(found["results"])
    return found


@blueprint.get("/<conversation_id>/messages/<message_id>/content")
@blueprint.arguments(ContentQuery, location="query")
@blueprint.response(200, FILE, content_type="*/*")
@blueprint.alt_response(206, schema=FILE, content_type="*/*", description="A part of it")
def get_content(query: dict[str, str], conversation_id: str, message_id: str) -> Response:
    """Fetch the picture, video, voice message or file that a friend sent

    It may be asked for in parts, with `Range`.
    """
    conversation = own_conversation(conversation_id)
    row = db.session.get(ConversationMessage, row_id(message_id) or 0)
    is_its_own = row is not None and row.conversation_id == conversation.id
    media_id = row.media_id if row is not None and is_its_own else None
    media = or_404(Media.find_owned(tenant().id, media_id or 0))
    return send_media(media, query["variant"], kept="no-store")


@blueprint.post("/<conversation_id>/messages")
@blueprint.arguments(NewAnswerSchema, example={"text": "Yes, from 10 to 18."})
@blueprint.response(201, MessageSchema, example=SHOWN)
def send_message(body: dict[str, Any], conversation_id: str) -> Any:
    """Answer a friend

    Within LINE's minutes after the friend's message the answer is free of charge. `delivery` says
    what became of it; where LINE cannot be reached Musubi tries again for ten minutes. The same
    `Idempotency-Key` never sends twice. 423 `being_answered`: a member is writing an answer at this
    moment, and `Retry-After` says how long they are waited for.
    """
    conversation = own_conversation(conversation_id)
    author = _author(body)
    key = f"api:{request.headers.get(HEADER) or secrets.token_hex(16)}"
    # A repeat is answered with what was sent, whoever writes by now.
    if not body["take_over"] and not was_answered(conversation, key):
        _refuse_claimed(conversation, author)
    what = _answer(conversation, body)
    try:
        delivery = answer(get_deps(), conversation, author, what, key)
    except AnswerRefused as error:
        raise Problem(422, "invalid", str(error), errors={"text": [str(error)]}) from error
    return messages_with([or_404(ConversationMessage.of_delivery(delivery.id))])[0]


@blueprint.post("/<conversation_id>/notes")
@blueprint.arguments(NewNoteSchema, example={"text": "Wants a table for six."})
@blueprint.response(201, MessageSchema)
def add_note(body: dict[str, Any], conversation_id: str) -> Any:
    """Note something that only the team sees"""
    conversation, author = own_conversation(conversation_id), _author(body)
    try:
        note = state.add_note(conversation, author, storable(body["text"]))
    except AnswerRefused as error:
        raise Problem(422, "invalid", str(error), errors={"text": [str(error)]}) from error
    return messages_with([note])[0]


@blueprint.post("/<conversation_id>/typing")
@blueprint.response(204)
def show_typing(conversation_id: str) -> None:
    """Show the friend that somebody is writing"""
    state.show_typing(get_deps(), own_conversation(conversation_id))


def _refuse_claimed(conversation: Conversation, author: Author) -> None:
    until = conversation.answering_until
    if until is None or claimed_by_other(conversation, author.member) is None:
        return
    words = "A member is writing an answer at this moment. Try again, or send take_over."
    wait = max(1, math.ceil((until - utcnow()).total_seconds()))
    # Not 409, which a repeat under the same key would get for a day.
    raise Problem(423, "being_answered", words, headers={"Retry-After": str(wait)})


def _author(body: dict[str, Any]) -> Author:
    member = own_in_body(Member, body["member"], "member") if "member" in body else None
    return Author(member, actor())


def _answer(conversation: Conversation, body: dict[str, Any]) -> Answer:
    for field, model in (("template", Template), ("media", Media)):
        if field in body:
            own_in_body(model, body[field], field)
    messages = storable(body.get("messages", []))
    if messages:
        check_messages(conversation.friend.official_account, messages)
    text = storable(body.get("text", ""))
    return Answer(text, body.get("template", 0), body.get("media", 0), messages)
