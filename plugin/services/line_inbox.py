"""LINE's events: kept before LINE is answered, handled afterwards in the order of their time."""

import json
from typing import Any

import structlog
from sqlalchemy.exc import DataError

from plugin.core.clock import utcnow
from plugin.core.tokens import fingerprint
from plugin.models.base import repeated, transaction
from plugin.models.inbox import LINE, WebhookEvent
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.services.follow import take_event
from plugin.services.unsend import hide_if_unsent

log = structlog.get_logger()
BATCH = 100


@repeated
def keep_line_events(account: OfficialAccount, events: list[Any]) -> int:
    """Store what is new and owe the handling; answers how many were new."""
    rows = [_row(account.id, event) for event in events if isinstance(event, dict)]
    with transaction():
        if account.webhook_seen_at is None or not rows:
            account.webhook_seen_at = utcnow()
        new = WebhookEvent.keep(rows)
        if new:
            plant("line_inbox", account.id, account.installation_id)
    return new


def handle_line_events(account_id: int) -> bool:
    """Handle one batch of an account's events; True where more wait."""
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
                _pass_over(event, error)
    return len(events) == BATCH


def _handle(account: OfficialAccount, event: WebhookEvent) -> None:
    try:
        hide_if_unsent(account, event)
        take_event(account, event.payload)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        _pass_over(event, error)
    event.handled_at = utcnow()


def _pass_over(event: WebhookEvent, error: Exception) -> None:
    """One odd event must not hold up the others; it stays in the log with its reason."""
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
        "error": "",
    }


def _fallback_key(event: dict[str, Any]) -> str:
    """Old shapes have no event id; the same event always reads the same."""
    return fingerprint(json.dumps(event, sort_keys=True))
