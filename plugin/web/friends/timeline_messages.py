"""Messages of a friend's timeline: sent, tapped, written by the friend, answered."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from plugin.core.messages.tokens import BRACES
from plugin.models.base import db
from plugin.models.inbox.conversation import Conversation
from plugin.models.inbox.message import IN, NOTE, OUT, ConversationMessage
from plugin.models.people.friend import Friend
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.link_target import LinkTarget
from plugin.models.sending.question import ANSWERED, TIMED_OUT, UNSENT, Question
from plugin.models.sending.received_message import ReceivedMessage
from plugin.models.system.webhook_event import LINE, WebhookEvent
from plugin.web.friends.timeline_event import EXCERPT, SHOWN, Stretch, TimelineEvent, plain
from plugin.web.log.words import word_of_delivery
from plugin.web.message_kinds import message_kind


def sent(friend: Friend, stretch: Stretch) -> list[TimelineEvent]:
    """Workflow messages and test sends; broadcasts and answers have events of their own."""
    statement = select(Delivery).where(
        Delivery.friend_id == friend.id,
        Delivery.broadcast_id.is_(None),
        Delivery.conversation_id.is_(None),
    )
    at = func.coalesce(Delivery.settled_at, Delivery.created_at)
    return [
        TimelineEvent(
            row.settled_at or row.created_at,
            "sent",
            word_of_delivery(row),
            _excerpt(row.messages),
            _url(row.id, row.action_call_id),
        )
        for row in db.session.scalars(stretch.newest(statement, at)).unique()
    ]


def tapped(friend: Friend, stretch: Stretch) -> list[TimelineEvent]:
    statement = (
        select(LinkClick.last_at, LinkTarget.url, Delivery.id, Delivery.action_call_id)
        .join(LinkTarget, LinkTarget.id == LinkClick.link_target_id)
        .join(Delivery, Delivery.id == LinkClick.delivery_id)
        .where(Delivery.friend_id == friend.id)
    )
    rows = db.session.execute(stretch.newest(statement, LinkClick.last_at)).tuples()
    return [
        TimelineEvent(at, "tapped", plain(_("Tapped")), target, _url(delivery_id, call_id))
        for at, target, delivery_id, call_id in rows
    ]


def conversation(friend: Friend, stretch: Stretch) -> list[TimelineEvent]:
    """Words of both sides, and notes of the team."""
    own = select(Conversation.id).where(Conversation.friend_id == friend.id)
    statement = select(ConversationMessage).where(ConversationMessage.conversation_id.in_(own))
    return [
        TimelineEvent(row.at, *_said(row))
        for row in db.session.scalars(stretch.newest(statement, ConversationMessage.at))
    ]


def _said(row: ConversationMessage) -> tuple[str, Any, str]:
    kind, word = "answered_by_team", _("Answered by the team")
    if row.direction == IN:
        kind, word = "received", _("They wrote")
    elif row.direction == NOTE:
        kind, word = "note", _("Note of the team")
    if row.unsent_at is not None:
        return kind, plain(_("They took a message back")), ""
    # A contact's values are filled in on the way out, and kept with the message alone.
    text = BRACES.sub("…", row.text) if row.direction == OUT else row.text
    return kind, plain(word), text[:EXCERPT] or _kind(row.kind)


def received(friend: Friend, stretch: Stretch) -> list[TimelineEvent]:
    """What they wrote before their conversation began; the event has the words for a month."""
    statement = select(ReceivedMessage, WebhookEvent).join(
        WebhookEvent, WebhookEvent.id == ReceivedMessage.event_id
    )
    began_at = select(func.min(ConversationMessage.at)).where(
        ConversationMessage.conversation_id.in_(
            select(Conversation.id).where(Conversation.friend_id == friend.id)
        )
    )
    first_at = db.session.scalar(began_at)
    if first_at is not None:
        statement = statement.where(ReceivedMessage.at < first_at)
    statement = statement.where(
        ReceivedMessage.friend_id == friend.id,
        WebhookEvent.source == LINE,
        WebhookEvent.owner_id == friend.official_account_id,
    )
    rows = db.session.execute(stretch.newest(statement, ReceivedMessage.at)).tuples()
    return [
        TimelineEvent(row.at, "received", plain(_("They wrote")), _words_of(event.payload))
        for row, event in rows
        if (event.payload.get("source") or {}).get("userId") == friend.line_user_id
    ]


def _kind(kind: object) -> str:
    # LINE's own word where Musubi has none.
    return message_kind(str(kind or "")) or str(kind or "")


def _words_of(payload: dict[str, Any]) -> str:
    message = payload.get("message")
    message = message if isinstance(message, dict) else {}
    return str(message.get("text") or _kind(message.get("type")))[:EXCERPT]


def answers(friend: Friend, stretch: Stretch) -> list[TimelineEvent]:
    """Answers to questions of workflows."""
    statement = select(Question).where(
        Question.friend_id == friend.id, Question.state.in_((ANSWERED, TIMED_OUT, UNSENT))
    )
    if stretch.before is not None:
        earlier = Question.answered_at < stretch.before, Question.late_at < stretch.before
        statement = statement.where(or_(*earlier))
    rows = db.session.scalars(statement.order_by(Question.id.desc()).limit(SHOWN + 1))
    return [event for question in rows for event in _answers(question)]


def _answers(question: Question) -> list[TimelineEvent]:
    url = url_for("log.logged_call", call_id=question.action_call_id)
    late = _("Answered after the time was over")
    moments = [
        (question.answered_at, "answered", _("Answered"), question.answer),
        (question.late_at, "answered_late", late, question.late_answer),
    ]
    return [
        TimelineEvent(at, kind, plain(word), text, url)
        for at, kind, word, text in moments
        if at is not None
    ]


def _url(delivery_id: int, call_id: int | None) -> str:
    if call_id is not None:
        return url_for("log.logged_call", call_id=call_id)
    return url_for("log.logged_message", delivery_id=delivery_id)


def _excerpt(messages: list[dict[str, Any]]) -> str:
    # The start of the first message that has text, else what the first one is.
    texts = [str(message.get("text") or message.get("altText") or "") for message in messages]
    kinds = [_kind(message.get("type")) for message in messages[:1]]
    return next(filter(None, texts + kinds), "")[:EXCERPT]
