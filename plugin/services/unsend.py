"""A friend takes a message back: its words are kept nowhere, whichever event comes first."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.inbox import LINE, UnsentMessage, WebhookEvent
from plugin.models.official_account import OfficialAccount
from plugin.models.upsert import insert_or

# LINE lets people take a message back within a day; events may come late on top of that.
LOOK_BACK = timedelta(days=7)
HIDDEN = "unsent"


def hide_if_unsent(account: OfficialAccount, event: WebhookEvent) -> bool:
    """Hide what an unsend names, or this message if it was unsent before it came.

    Inside the caller's transaction. True: the event is a message that nobody may read any more.
    """
    if event.kind == "unsend":
        message_id = _text(event.payload.get("unsend"), "messageId")
        if message_id:
            _remember(account.id, message_id)
            _hide_stored(account.id, message_id)
        return False
    if event.kind != "message":
        return False
    message_id = _text(event.payload.get("message"), "id")
    if not message_id or not UnsentMessage.is_known(account.id, message_id):
        return False
    _hide(event)
    return True


def _remember(account_id: int, message_id: str) -> None:
    values = {"official_account_id": account_id, "message_id": message_id, "at": utcnow()}
    db.session.execute(insert_or(UnsentMessage).values(values).on_conflict_do_nothing())


def _hide_stored(account_id: int, message_id: str) -> None:
    stored = select(WebhookEvent).where(
        WebhookEvent.source == LINE,
        WebhookEvent.owner_id == account_id,
        WebhookEvent.kind == "message",
        WebhookEvent.received_at > utcnow() - LOOK_BACK,
        WebhookEvent.payload["message"]["id"].as_string() == message_id,
    )
    for event in db.session.scalars(stored):
        _hide(event)


def _hide(event: WebhookEvent) -> None:
    message_id = _text(event.payload.get("message"), "id")
    event.payload = {**event.payload, "message": {"type": HIDDEN, "id": message_id}}


def _text(told: Any, name: str) -> str:
    value = told.get(name) if isinstance(told, dict) else None
    return value[:80] if isinstance(value, str) else ""
