"""Keeps what friends write as conversations, in the transaction that handles their event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.messages.part import TEXT_LIMIT
from plugin.models.base import db
from plugin.models.inbox.conversation import OPEN, Conversation
from plugin.models.inbox.message import IN, PENDING, ConversationMessage
from plugin.models.media.media import Media
from plugin.models.people.friend import Friend
from plugin.models.sql import insert_or
from plugin.models.system.job import enqueue
from plugin.services.media.store import forget
from plugin.services.outgoing.facts import message_received

UNSENT = "unsent"
EXCERPT = 200
# What LINE keeps for a while at its own servers.
WITH_CONTENT = ("image", "video", "audio", "file")
# What else is kept of a message, by its kind, and the longest of each.
KEPT: Mapping[str, tuple[str, ...]] = {
    "sticker": ("packageId", "stickerId", "stickerResourceType", "keywords", "text"),
    "location": ("title", "address", "latitude", "longitude"),
    "image": ("contentProvider", "imageSet"),
    "video": ("contentProvider", "duration"),
    "audio": ("contentProvider", "duration"),
    "file": ("fileSize",),
    "text": ("quotedMessageId",),
}
LONGEST_VALUE, MOST_KEYWORDS = 1000, 20


def open_conversation(friend: Friend, now: datetime) -> Conversation:
    """Return the friend's conversation, locked; made where there is none. Inside the caller's
    transaction."""
    fresh = {
        "official_account_id": friend.official_account_id, "friend_id": friend.id, "state": OPEN,
        "unread": 0, "last_at": now, "last_direction": "", "last_kind": "", "last_text": "",
        "read_token": "", "created_at": now, "changed_at": now,
    }  # fmt: skip
    db.session.execute(insert_or(Conversation).values(fresh).on_conflict_do_nothing())
    conversation_id = select(Conversation.id).where(Conversation.friend_id == friend.id)
    return Conversation.held(db.session.scalars(conversation_id).one())


def record_received(friend: Friend, message: Mapping[str, Any], at: datetime) -> None:
    """Keep a message of the friend once, however often and late LINE tells of it."""
    line_id = _text(message.get("id"), 80)
    conversation = open_conversation(friend, at)
    if line_id and _is_known(conversation, line_id):
        return
    kind = _text(message.get("type"), 20) or "unknown"
    row = ConversationMessage(
        conversation_id=conversation.id,
        direction=IN,
        at=at,
        kind=kind,
        text=_words(kind, message),
        payload=_payload(kind, message),
        line_message_id=line_id,
        unsent_at=utcnow() if kind == UNSENT else None,
    )
    db.session.add(row)
    if kind != UNSENT:
        message_received(friend, kind, line_id, at)
    _fetch_content(row, message, friend)
    _note_received(conversation, row, _text(message.get("markAsReadToken"), 500))


def hide_message(friend: Friend, line_id: str) -> None:
    """Delete the words and the content of a message that the friend took back."""
    conversation = Conversation.of_friend(friend.id)
    if conversation is None:
        return
    conversation = Conversation.held(conversation.id)
    statement = select(ConversationMessage).where(
        ConversationMessage.conversation_id == conversation.id,
        ConversationMessage.line_message_id == line_id,
    )
    for row in db.session.scalars(statement):
        row.unsent_at, row.text, row.payload, row.content_state = utcnow(), "", {}, ""
        media = None if row.media_id is None else db.session.get(Media, row.media_id)
        row.media_id = None
        if media is not None:
            forget(media)
        if row.at == conversation.last_at:
            conversation.last_text, conversation.last_kind = "", UNSENT
    conversation.changed_at = utcnow()


def _is_known(conversation: Conversation, line_id: str) -> bool:
    same = select(ConversationMessage.id).where(
        ConversationMessage.conversation_id == conversation.id,
        ConversationMessage.line_message_id == line_id,
    )
    return db.session.scalar(same.limit(1)) is not None


def _note_received(conversation: Conversation, row: ConversationMessage, read_token: str) -> None:
    conversation.changed_at = utcnow()
    if row.unsent_at is None:
        if not conversation.unread:
            conversation.notified_at = None
        conversation.unread += 1
        conversation.unread_since = _earlier(conversation.unread_since, row.at)
        conversation.waiting_since = _earlier(conversation.waiting_since, row.at)
        conversation.state, conversation.closed_at = OPEN, None
    # LINE keeps no order: an older message is news, but not the newest.
    if row.at >= conversation.last_at or not conversation.last_direction:
        conversation.last_at, conversation.last_direction = row.at, IN
        conversation.last_kind, conversation.last_text = row.kind, row.text[:EXCERPT]
        conversation.read_token = read_token or conversation.read_token


def _earlier(since: datetime | None, at: datetime) -> datetime:
    return at if since is None else min(since, at)


def _fetch_content(row: ConversationMessage, message: Mapping[str, Any], friend: Friend) -> None:
    provider = message.get("contentProvider")
    is_elsewhere = isinstance(provider, dict) and provider.get("type") == "external"
    if row.kind in WITH_CONTENT and row.line_message_id and not is_elsewhere:
        row.content_state = PENDING
        db.session.flush()
        enqueue("fetch_content", row.id, friend.official_account.installation_id)


def _words(kind: str, message: Mapping[str, Any]) -> str:
    name = {"text": "text", "file": "fileName", "location": "title"}.get(kind, "")
    return _text(message.get(name), TEXT_LIMIT) if name else ""


def _payload(kind: str, message: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: message[name] for name in KEPT.get(kind, ()) if name in message}
    return {name: _bounded(value) for name, value in known.items()}


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST_VALUE]
    if isinstance(value, list):
        return [_bounded(item) for item in value[:MOST_KEYWORDS]]
    if isinstance(value, dict):
        return {str(name)[:40]: _bounded(item) for name, item in list(value.items())[:10]}
    return value if isinstance(value, bool | int | float) or value is None else str(value)[:100]


def _text(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""
