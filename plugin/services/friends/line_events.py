"""LINE's webhook events: stored before the response, handled afterwards in order of time."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import DataError

from plugin.core.clock import utcnow
from plugin.core.security.tokens import fingerprint
from plugin.models.base import db
from plugin.models.broadcasts.measures import StatusChange
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.webhook_account import WebhookAccount
from plugin.models.inbox.conversation import Conversation
from plugin.models.people.friend import BLOCKED, FOLLOWING, UNKNOWN, Friend
from plugin.models.people.linkage import Linkage
from plugin.models.sending.received_message import ReceivedMessage
from plugin.models.sql import insert_or
from plugin.models.system.activity import BLOCKS, FOLLOWS, RECEIVED, count
from plugin.models.system.inbox import take_in
from plugin.models.system.job import enqueue
from plugin.models.system.unsent_message import UnsentMessage
from plugin.models.system.webhook_event import LINE, WebhookEvent
from plugin.models.transaction import affected, retried, transaction
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.conversations.record import UNSENT as HIDDEN
from plugin.services.conversations.record import hide_message, record_received
from plugin.services.executions.questions import accept_answer, erase_typed_answer
from plugin.services.friends.records import get_or_create_friend

log = structlog.get_logger()
BATCH = 100


@retried
def store_line_events(account: WebhookAccount, events: list[Any]) -> int:
    """Return how many events were new."""
    rows = [_row(account.id, event) for event in events if isinstance(event, dict)]
    if not account.was_seen or not rows:
        with transaction():
            seen = update(OfficialAccount).where(OfficialAccount.id == account.id)
            affected(seen.values(webhook_seen_at=utcnow()))
    return take_in(rows, "line_inbox", account.id, account.installation_id)


def handle_line_events(account_id: int) -> bool:
    """Handle one batch; True where more are pending."""
    account = OfficialAccount.by_id(account_id)
    events = WebhookEvent.unhandled(LINE, account_id, BATCH) if account else []
    if account is None or not events:
        return False
    for event in events:
        try:
            with transaction():
                _handle(account, event)
        except DataError as error:
            with transaction():
                _skip(event, error)
    return len(events) == BATCH


def _handle(account: OfficialAccount, event: WebhookEvent) -> None:
    try:
        hide_if_unsent(account, event)
        friend = handle_event(account, event.payload)
        if friend is not None and event.kind == "message":
            at = datetime.fromtimestamp(event.occurred_ms / 1000, UTC)
            db.session.add(ReceivedMessage(event_id=event.id, friend_id=friend.id, at=at))
            message = event.payload.get("message")
            record_received(friend, message if isinstance(message, dict) else {}, at)
            count(account.id, RECEIVED, at=at)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        _skip(event, error)
    event.handled_at = utcnow()


def _skip(event: WebhookEvent, error: Exception) -> None:
    # An unreadable event must not block the others; it stays in the log with its reason.
    event.error, event.handled_at = type(error).__name__, utcnow()
    log.warning("line_event_unreadable", event_id=event.id, error=event.error)


def _row(account_id: int, event: dict[str, Any]) -> dict[str, Any]:
    key = event.get("webhookEventId") or _fallback_key(event)
    return {
        "source": LINE,
        "owner_id": account_id,
        "event_key": str(key)[:255],
        "kind": str(event.get("type", ""))[:60],
        "occurred_ms": WebhookEvent.time_of(event.get("timestamp")),
        "payload": event,
        "received_at": utcnow(),
    }


def _fallback_key(event: dict[str, Any]) -> str:
    # Old event formats have no id; the same event always gives the same key.
    return fingerprint(json.dumps(event, sort_keys=True))


Event = dict[str, Any]


def handle_event(account: OfficialAccount, event: Event) -> Friend | None:
    """Handle one event, inside the caller's transaction; return its friend. Unknown types change
    nothing."""
    handler = HANDLERS.get(str(event.get("type")))
    source = event.get("source")
    source = source if isinstance(source, dict) else {}
    user_id = source.get("userId") if source.get("type") == "user" else None
    if handler is None or not isinstance(user_id, str) or not user_id:
        return None
    # Locked, since an import or a login may store something newer at the same moment.
    friend = get_or_create_friend(account, user_id, utcnow(), held=True)
    at = datetime.fromtimestamp(WebhookEvent.time_of(event.get("timestamp")) / 1000, UTC)
    if handler(friend, at):
        _mark_for_push(friend)
        # An open conversation says whether the friend can be answered.
        Conversation.touch_friend(friend.id)
    accept_answer(friend, event, at)
    if friend.profile_at is None:
        enqueue("read_profiles", account.id, account.installation_id)
    return friend


def _follow(friend: Friend, at: datetime) -> bool:
    # They may have a new name or picture since the last profile.
    friend.profile_at = None
    _store_change(friend, FOLLOWING, at)
    return friend.note_status(FOLLOWING, at)


def _unfollow(friend: Friend, at: datetime) -> bool:
    _store_change(friend, BLOCKED, at)
    return friend.note_status(BLOCKED, at)


def _store_change(friend: Friend, status: str, at: datetime) -> None:
    """Store what LINE reported, once, by the event's own time: a late event belongs there too."""
    if not StatusChange.is_known(friend.id, status, at):
        db.session.add(StatusChange(friend_id=friend.id, status=status, at=at))
        count(friend.official_account_id, FOLLOWS if status == FOLLOWING else BLOCKS, at=at)


def _received(friend: Friend, at: datetime) -> bool:
    # A message proves that the friend can be reached; one older than a block does not undo it.
    if friend.last_received_at is not None and at <= friend.last_received_at:
        return False
    friend.last_received_at = at
    friend.note_status(FOLLOWING, at)
    return True


def _reachable(friend: Friend, at: datetime) -> bool:
    # These events prove that the friend can be reached, but not that they wrote.
    return friend.status == UNKNOWN and friend.note_status(FOLLOWING, at)


def _mark_for_push(friend: Friend) -> None:
    linkage: Linkage | None = friend.linkage
    if linkage is not None:
        mark_for_push(linkage.contact)


HANDLERS: dict[str, Callable[[Friend, datetime], bool]] = {
    "follow": _follow,
    "unfollow": _unfollow,
    "message": _received,
    "postback": _received,
    "accountLink": _reachable,
    "membership": _reachable,
    "videoPlayComplete": _reachable,
    "beacon": _reachable,
}
# LINE lets people unsend a message within a day; events may come late on top of that.
LOOK_BACK = timedelta(days=7)
# What may stay of a hidden event: the sender, the time, and that there was a message.
ENVELOPE = ("type", "mode", "timestamp", "source", "webhookEventId", "deliveryContext")


def hide_if_unsent(account: OfficialAccount, event: WebhookEvent) -> bool:
    """Hide the message that an unsend event names, or a message that was unsent before it came.
    True: the event is a message that must not be read any more."""
    if event.kind == "unsend":
        message_id = _text(event.payload.get("unsend"), "messageId")
        if message_id:
            _store_unsent(account.id, message_id)
            _hide_stored(account.id, message_id, event.received_at - LOOK_BACK)
            _hide_in_conversation(account.id, event.payload, message_id)
        return False
    message_id = _text(event.payload.get("message"), "id")
    if not message_id or not UnsentMessage.is_known(account.id, message_id):
        return False
    _hide(event)
    return True


def _store_unsent(account_id: int, message_id: str) -> None:
    values = {"official_account_id": account_id, "message_id": message_id, "at": utcnow()}
    db.session.execute(insert_or(UnsentMessage).values(values).on_conflict_do_nothing())


def _hide_stored(account_id: int, message_id: str, since: datetime) -> None:
    stored = select(WebhookEvent).where(
        WebhookEvent.source == LINE,
        WebhookEvent.owner_id == account_id,
        WebhookEvent.received_at > since,
        WebhookEvent.payload["message"]["id"].as_string() == message_id,
    )
    for event in db.session.scalars(stored):
        _forget_answer(account_id, event)
        _hide(event)


def _hide_in_conversation(account_id: int, payload: Any, message_id: str) -> None:
    friend = Friend.of_account(account_id, _text(payload.get("source"), "userId"))
    if friend is not None:
        hide_message(friend, message_id)


def _forget_answer(account_id: int, event: WebhookEvent) -> None:
    # The same text may have been the answer to a question.
    friend = Friend.of_account(account_id, _text(event.payload.get("source"), "userId"))
    text = (event.payload.get("message") or {}).get("text")
    if friend is not None and isinstance(text, str):
        at = datetime.fromtimestamp(
            WebhookEvent.time_of(event.payload.get("timestamp")) / 1000, UTC
        )
        erase_typed_answer(friend, text, at)


def _hide(event: WebhookEvent) -> None:
    message_id = _text(event.payload.get("message"), "id")
    envelope = {name: event.payload[name] for name in ENVELOPE if name in event.payload}
    event.payload = {**envelope, "message": {"type": HIDDEN, "id": message_id}}


def _text(payload: Any, name: str) -> str:
    value = payload.get(name) if isinstance(payload, dict) else None
    return value[:80] if isinstance(value, str) else ""
