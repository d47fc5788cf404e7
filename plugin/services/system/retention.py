"""Deletes expired rows, a batch at a time."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, inspect, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from plugin.core.clock import utcnow
from plugin.models.base import Base
from plugin.models.connections.oauth_state import OAuthState
from plugin.models.connections.web_session import WebSession
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.mail_count import MailCount
from plugin.models.people.user_token import UserToken
from plugin.models.sending.received_message import ReceivedMessage
from plugin.models.system.audit_entry import AuditEntry
from plugin.models.system.idempotency import IdempotentCall
from plugin.models.system.unsent_message import UnsentMessage
from plugin.models.system.webhook_event import WebhookEvent
from plugin.models.transaction import affected, empty_log, transaction
from plugin.services.system.idempotency import KEY_LIFETIME

BATCH_SIZE = 1000
# Events are repeated within a day (HubSpot) or an undisclosed time (LINE).
EVENTS_KEPT = timedelta(days=30)
AUDIT_KEPT = timedelta(days=400)
ATTEMPTS_KEPT = timedelta(days=7)
LOG_WAIT = timedelta(seconds=2)


def delete_expired() -> bool:
    """Delete one batch of each kind; True where more is left."""
    now = utcnow()
    return any(
        [
            _delete(WebSession, WebSession.ends_at, now),
            _delete(OAuthState, OAuthState.expires_at, now),
            _delete(LoginAttempt, LoginAttempt.expires_at, now - ATTEMPTS_KEPT),
            _delete(IdempotentCall, IdempotentCall.claimed_at, now - KEY_LIFETIME),
            _delete(AuditEntry, AuditEntry.at, now - AUDIT_KEPT),
            _delete(WebhookEvent, WebhookEvent.received_at, now - EVENTS_KEPT),
            _delete(ReceivedMessage, ReceivedMessage.at, now - EVENTS_KEPT),
            _delete(UnsentMessage, UnsentMessage.at, now - EVENTS_KEPT),
            _delete(UserToken, UserToken.expires_at, now, _cannot_be_refreshed(now)),
            _delete(MailCount, MailCount.until, now),
            _delete(LinkageToken, LinkageToken.expires_at, now, LinkageToken.preview.is_(True)),
        ]
    )


def truncate_log() -> datetime | None:
    """Empty SQLite's log after an erasure; return when to try again."""
    return None if empty_log() else utcnow() + LOG_WAIT


def _cannot_be_refreshed(now: datetime) -> ColumnElement[bool]:
    return or_(UserToken.refresh_until.is_(None), UserToken.refresh_until < now)


def _delete(
    model: type[Base],
    column: InstrumentedAttribute[datetime],
    before: datetime,
    *only: ColumnElement[bool],
) -> bool:
    key = inspect(model).primary_key[0]
    old = select(key).where(column < before, *only).limit(BATCH_SIZE)
    with transaction():
        return affected(delete(model).where(key.in_(old))) == BATCH_SIZE
