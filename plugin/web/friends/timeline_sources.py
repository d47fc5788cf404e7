"""Where a friend's timeline comes from; each source answers its newest events."""

from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from plugin.core.broadcasts.reasons import words_of
from plugin.models.audience.synced_list import ListMembership, SyncedList
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.measures import StatusChange
from plugin.models.broadcasts.recipient import (
    FAILED,
    HELD_OUT,
    LEFT_OUT,
    SENT,
    UNKNOWN,
    Recipient,
)
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.friend import FOLLOWING, Friend
from plugin.models.people.linkage import LINKING_EVENTS
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.question import ANSWERED, TIMED_OUT, UNSENT, Question
from plugin.models.sending.received_message import ReceivedMessage
from plugin.services.sync.synced_words import kept_lists
from plugin.web.friends.timeline_event import EXCERPT, SHOWN, TimelineEvent, plain
from plugin.web.log.words import StateLabel, word_of_delivery


def sent_and_tapped(friend: Friend) -> list[TimelineEvent]:
    deliveries = Delivery.of_friend(friend.id, SHOWN)
    by_id = {event.id: event for event in deliveries}
    # A broadcast's recipients have an event of their own.
    events = [_sent(event) for event in deliveries if event.broadcast_id is None]
    for click, target in LinkClick.of_deliveries(list(by_id)):
        url = _url(by_id[click.delivery_id])
        events.append(TimelineEvent(click.last_at, "tapped", plain(_("Tapped")), target.url, url))
    return events


def _sent(delivery: Delivery) -> TimelineEvent:
    at = delivery.settled_at or delivery.created_at
    text = _excerpt(delivery.messages)
    return TimelineEvent(at, "sent", word_of_delivery(delivery), text, _url(delivery))


def received(friend: Friend) -> list[TimelineEvent]:
    return [
        TimelineEvent(row.at, "received", plain(_("They wrote")), _words_of(event.payload))
        for row, event in ReceivedMessage.of_friend(friend, SHOWN)
        if (event.payload.get("source") or {}).get("userId") == friend.line_user_id
    ]


def _words_of(payload: dict[str, Any]) -> str:
    message = payload.get("message")
    message = message if isinstance(message, dict) else {}
    words = {
        "sticker": _("a sticker"),
        "image": _("a picture"),
        "video": _("a video"),
        "audio": _("a voice message"),
        "file": _("a file"),
        "location": _("a place"),
    }
    type_ = str(message.get("type") or "")
    return str(message.get("text") or words.get(type_, type_))[:EXCERPT]


def answers(friend: Friend) -> list[TimelineEvent]:
    rows = Question.of_friend(friend.id, (ANSWERED, TIMED_OUT, UNSENT), SHOWN)
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


def broadcasts(friend: Friend) -> list[TimelineEvent]:
    statement = select(Recipient, Broadcast).join(Broadcast).where(Recipient.friend_id == friend.id)
    rows = db.session.execute(statement.order_by(Recipient.id.desc()).limit(SHOWN))
    return [
        TimelineEvent(
            _moment_of(recipient, broadcast),
            "broadcast",
            _state_of(recipient),
            broadcast.name,
            url_for("broadcasts.broadcast", broadcast_id=broadcast.id),
        )
        for recipient, broadcast in rows.tuples()
    ]


def _moment_of(recipient: Recipient, broadcast: Broadcast) -> datetime:
    frozen_at = broadcast.frozen_at or broadcast.created_at
    return recipient.settled_at or recipient.claimed_at or frozen_at


def _state_of(recipient: Recipient) -> StateLabel:
    reason = words_of(recipient.reason)
    if recipient.state == LEFT_OUT:
        words = reason.translated(_) if reason else recipient.reason
        return StateLabel("warn", _("Left out of a broadcast (%(why)s)", why=words))
    return {
        SENT: StateLabel("ok", _("Broadcast accepted by LINE")),
        FAILED: StateLabel("bad", _("Broadcast refused by LINE")),
        UNKNOWN: StateLabel("warn", _("Broadcast: LINE's answer was lost")),
        HELD_OUT: StateLabel("none", _("Held out of a broadcast")),
    }.get(recipient.state, StateLabel("busy", _("Waits for a broadcast")))


def links(friend: Friend) -> list[TimelineEvent]:
    statement = select(HistoryEntry).where(
        HistoryEntry.official_account_id == friend.official_account_id,
        HistoryEntry.line_user_id == friend.line_user_id,
        HistoryEntry.event_type.in_(LINKING_EVENTS),
    )
    words = {
        "linked": _("Linked with contact"),
        "moved": _("Moved to contact"),
        "unlinked": _("Unlinked from contact"),
    }
    rows = db.session.scalars(statement.order_by(HistoryEntry.id.desc()).limit(SHOWN))
    return [
        TimelineEvent(row.at, "link", plain(words[row.event_type]), str(row.contact_id))
        for row in rows
    ]


def scans(friend: Friend) -> list[TimelineEvent]:
    word = _("Scanned, or opened the link of")
    statement = select(LoginAttempt, QRCode).join(QRCode)
    statement = statement.where(
        LoginAttempt.line_user_id == friend.line_user_id,
        QRCode.official_account_id == friend.official_account_id,
        LoginAttempt.returned_at.is_not(None),
    )
    rows = db.session.execute(statement.order_by(LoginAttempt.id.desc()).limit(SHOWN))
    return [
        TimelineEvent(attempt.returned_at, "scan", plain(word), code.name)
        for attempt, code in rows.tuples()
        if attempt.returned_at is not None
    ]


def lists(friend: Friend) -> list[TimelineEvent]:
    if friend.linkage is None:
        return []
    rows = kept_lists(friend.linkage.contact)
    return [event for membership, synced in rows for event in _list_events(membership, synced)]


def _list_events(membership: ListMembership, synced: SyncedList) -> list[TimelineEvent]:
    moments = [
        (membership.joined_at, "joined", _("Joined the list")),
        (membership.left_at, "left", _("Left the list")),
    ]
    return [
        TimelineEvent(at, kind, plain(word), synced.name)
        for at, kind, word in moments
        if at is not None
    ]


def status_changes(friend: Friend) -> list[TimelineEvent]:
    statement = select(StatusChange).where(StatusChange.friend_id == friend.id)
    rows = db.session.scalars(statement.order_by(StatusChange.at.desc()).limit(SHOWN))
    followed, blocked = _("Added the account as a friend"), _("Blocked the account")
    return [
        TimelineEvent(
            row.at, "followed" if row.status == FOLLOWING else "blocked",
            plain(followed if row.status == FOLLOWING else blocked),
        )
        for row in rows
    ]  # fmt: skip


def _url(delivery: Delivery) -> str:
    if delivery.action_call_id is not None:
        return url_for("log.logged_call", call_id=delivery.action_call_id)
    return url_for("log.logged_message", delivery_id=delivery.id)


def _excerpt(messages: list[dict[str, Any]]) -> str:
    # The start of the first message that has text.
    texts = [str(message.get("text") or message.get("altText") or "") for message in messages]
    return next(filter(None, texts), "")[:EXCERPT]
