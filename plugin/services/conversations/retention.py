"""Deletes what friends and the team wrote, when an account keeps it no longer or a person asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, not_, select, update

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.inbox.conversation import CLOSED, Conversation
from plugin.models.inbox.inbox_rules import KEPT_DAYS, InboxRules
from plugin.models.inbox.message import ConversationMessage
from plugin.models.media.media import RECEIVED, Media
from plugin.models.people.friend import Friend
from plugin.models.sending.delivery import PLANNED, SENDING, Delivery
from plugin.models.transaction import transaction
from plugin.services.media.store import forget

BATCH_SIZE = 500


def delete_old_messages() -> bool:
    """Delete one batch for each span of days that accounts keep messages; True where more is
    left."""
    now, rules = utcnow(), list(db.session.scalars(select(InboxRules)))
    spans: dict[int, list[int]] = {}
    for row in rules:
        spans.setdefault(row.kept_days, []).append(row.official_account_id)
    ruled = [row.official_account_id for row in rules]
    accounts = Conversation.official_account_id
    conditions: list[tuple[int, ColumnElement[bool]]] = [
        (KEPT_DAYS, not_(accounts.in_(ruled))),
        *((days, accounts.in_(account_ids)) for days, account_ids in spans.items()),
    ]
    more = [_delete_before(now - timedelta(days=days), of) for days, of in conditions]
    return any(more)


def erase_conversation(friend: Friend) -> None:
    """Delete every word and file of a person's conversation, inside the caller's transaction."""
    conversation = Conversation.of_friend(friend.id)
    if conversation is None:
        return
    conversation = Conversation.held(conversation.id)
    rows = select(ConversationMessage).where(ConversationMessage.conversation_id == conversation.id)
    _delete_rows(db.session.scalars(rows).all())
    conversation.last_text = conversation.read_token = conversation.last_direction = ""
    conversation.unread = 0
    conversation.unread_since = conversation.waiting_since = None
    conversation.state, conversation.closed_at = CLOSED, utcnow()
    conversation.changed_at = utcnow()


def _delete_before(before: datetime, of_accounts: ColumnElement[bool]) -> bool:
    statement = (
        select(ConversationMessage)
        .join(Conversation, Conversation.id == ConversationMessage.conversation_id)
        .where(ConversationMessage.at < before, of_accounts)
        .order_by(ConversationMessage.at)
        .limit(BATCH_SIZE)
    )
    rows = db.session.scalars(statement).all()
    if rows:
        with transaction():
            _delete_rows(rows)
            _forget_last_words({row.conversation_id for row in rows}, before)
    return len(rows) == BATCH_SIZE


def _forget_last_words(conversation_ids: set[int], before: datetime) -> None:
    statement = select(Conversation).where(
        Conversation.id.in_(conversation_ids), Conversation.last_at < before
    )
    for conversation in db.session.scalars(statement).unique():
        conversation.last_text = conversation.read_token = ""
        conversation.unread = 0
        conversation.unread_since = conversation.waiting_since = None


def _delete_rows(rows: Sequence[ConversationMessage]) -> None:
    media_ids = [row.media_id for row in rows if row.media_id is not None]
    delivery_ids = [row.delivery_id for row in rows if row.delivery_id is not None]
    ids = [row.id for row in rows]
    # That an answer was sent, and what became of it, stays.
    forgotten = (
        update(Delivery)
        .where(Delivery.id.in_(delivery_ids), Delivery.state.not_in((PLANNED, SENDING)))
        .values(messages=[], written=None)
    )
    db.session.execute(forgotten, execution_options={"synchronize_session": False})
    gone = delete(ConversationMessage).where(ConversationMessage.id.in_(ids))
    db.session.execute(gone, execution_options={"synchronize_session": False})
    # What the team has uploaded for its answers stays in its library.
    sent = select(Media).where(Media.id.in_(media_ids), Media.origin == RECEIVED)
    for media in db.session.scalars(sent):
        forget(media)
