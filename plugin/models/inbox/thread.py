"""What a conversation shows: both sides' messages, and what else the friend got meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import lazyload

from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import SENT, Recipient
from plugin.models.broadcasts.variant import Variant
from plugin.models.connections.member import Member
from plugin.models.inbox.conversation import Conversation
from plugin.models.inbox.message import ConversationMessage
from plugin.models.media.media import Media
from plugin.models.sending.delivery import ACCEPTED, Delivery

# Of one friend at one moment; more are a loop, not a talk.
MOST_TOGETHER = 200


class ThreadItem(NamedTuple):
    """A message of the conversation, or `messages` of a workflow, a test or a broadcast."""

    at: datetime
    message: ConversationMessage | None = None
    delivery: Delivery | None = None
    member: Member | None = None
    media: Media | None = None
    messages: Sequence[dict[str, Any]] = ()
    broadcast: str = ""


class _Span(NamedTuple):
    """The newest `limit` items before a moment, or those `at` a moment."""

    limit: int
    before: datetime | None = None
    at: datetime | None = None

    def of(self, statement: Select[Any], moment: Any, row_id: Any) -> Select[Any]:
        if self.before is not None:
            statement = statement.where(moment < self.before)
        if self.at is not None:
            statement = statement.where(moment == self.at)
        return statement.order_by(moment.desc(), row_id.desc()).limit(self.limit)


def thread(
    conversation: Conversation, limit: int, before: datetime | None = None
) -> tuple[list[ThreadItem], bool]:
    """Return the newest items before a moment, the oldest first, and whether there are older ones.
    A few statements, whatever there is."""
    newest = _items(conversation, _Span(limit + 1, before))
    if len(newest) <= limit:
        return newest[::-1], False
    shown, last = newest[:limit], newest[limit - 1].at
    if newest[limit].at < last:
        return shown[::-1], True
    # The next page begins before the last moment of this one, so what shares it belongs here: LINE
    # gives pictures that are sent together one time.
    together = _items(conversation, _Span(MOST_TOGETHER, at=last))
    shown = [item for item in shown if item.at > last] + together
    return shown[::-1], bool(_items(conversation, _Span(1, last)))


def _items(conversation: Conversation, span: _Span) -> list[ThreadItem]:
    """Return what the span asks for, the newest first."""
    items = [
        *_messages(conversation.id, span),
        *_deliveries(conversation.friend_id, span),
        *_multicasts(conversation.friend_id, span),
    ]
    return sorted(items, key=lambda item: item.at, reverse=True)[: span.limit]


def _messages(conversation_id: int, span: _Span) -> list[ThreadItem]:
    statement = select(ConversationMessage).where(
        ConversationMessage.conversation_id == conversation_id
    )
    newest = span.of(statement, ConversationMessage.at, ConversationMessage.id)
    return messages_with(list(db.session.scalars(newest)))


def messages_with(rows: Sequence[ConversationMessage]) -> list[ThreadItem]:
    """Return messages with what belongs to them: three statements."""
    deliveries = _by_id(Delivery, {row.delivery_id for row in rows})
    members = _by_id(Member, {row.member_id for row in rows})
    media = _by_id(Media, {row.media_id for row in rows})
    return [
        ThreadItem(
            row.at,
            row,
            deliveries.get(row.delivery_id),
            members.get(row.member_id),
            media.get(row.media_id),
        )
        for row in rows
    ]


def _by_id(model: Any, ids: set[int | None]) -> dict[int | None, Any]:
    wanted = [row_id for row_id in ids if row_id is not None]
    if not wanted:
        return {}
    rows = db.session.scalars(select(model).where(model.id.in_(wanted)).options(lazyload("*")))
    return {row.id: row for row in rows}


def _deliveries(friend_id: int, span: _Span) -> list[ThreadItem]:
    statement = select(Delivery).where(
        Delivery.friend_id == friend_id,
        Delivery.conversation_id.is_(None),
        Delivery.state == ACCEPTED,
    )
    # Of one friend: few enough to be sorted.
    sent_at = func.coalesce(Delivery.settled_at, Delivery.created_at)
    newest = span.of(statement, sent_at, Delivery.id).options(lazyload("*"))
    rows = list(db.session.scalars(newest))
    broadcasts = _by_id(Broadcast, {row.broadcast_id for row in rows})
    return [
        ThreadItem(
            row.settled_at or row.created_at,
            delivery=row,
            messages=row.messages,
            broadcast=broadcasts[row.broadcast_id].name if row.broadcast_id in broadcasts else "",
        )
        for row in rows
    ]


def _multicasts(friend_id: int, span: _Span) -> list[ThreadItem]:
    """Return what broadcasts sent to many at once, which has no delivery for each."""
    statement = (
        select(Recipient.settled_at, Variant.messages, Broadcast.name)
        .join(Broadcast, Broadcast.id == Recipient.broadcast_id)
        .join(
            Variant,
            (Variant.broadcast_id == Recipient.broadcast_id)
            & (Variant.number == Recipient.variant),
        )
        .where(
            Recipient.friend_id == friend_id,
            Recipient.state == SENT,
            Recipient.multicast_id.is_not(None),
            Recipient.settled_at.is_not(None),
        )
    )
    newest = span.of(statement, Recipient.settled_at, Recipient.id)
    return [
        ThreadItem(at, messages=messages, broadcast=name)
        for at, messages, name in db.session.execute(newest).tuples()
    ]
