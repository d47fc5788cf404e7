"""Putting away what nobody needs any more, a piece at a time."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, inspect, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from plugin.core.clock import utcnow
from plugin.models.base import Base, affected, transaction
from plugin.models.email_proof import MailCount
from plugin.models.idempotency import IdempotentCall
from plugin.models.inbox import UnsentMessage, WebhookEvent
from plugin.models.installation import OAuthState
from plugin.models.qr_code import LinkageToken, LoginAttempt
from plugin.models.user_token import UserToken
from plugin.services.idempotency import KEPT

PIECE = 1000
# Repeats of an event come within a day (HubSpot) or an undisclosed time (LINE).
EVENTS_KEPT = timedelta(days=30)
ATTEMPTS_KEPT = timedelta(days=7)


def housekeeping() -> bool:
    """Delete one piece of each kind of leftovers; True where more is left."""
    now = utcnow()
    return any(
        [
            _delete(OAuthState, OAuthState.expires_at, now),
            _delete(LoginAttempt, LoginAttempt.expires_at, now - ATTEMPTS_KEPT),
            _delete(IdempotentCall, IdempotentCall.claimed_at, now - KEPT),
            _delete(WebhookEvent, WebhookEvent.received_at, now - EVENTS_KEPT),
            _delete(UnsentMessage, UnsentMessage.at, now - EVENTS_KEPT),
            _delete(UserToken, UserToken.expires_at, now, _cannot_be_refreshed(now)),
            _delete(MailCount, MailCount.until, now),
            _delete(LinkageToken, LinkageToken.expires_at, now, LinkageToken.preview.is_(True)),
        ]
    )


def _cannot_be_refreshed(now: datetime) -> ColumnElement[bool]:
    return or_(UserToken.refresh_until.is_(None), UserToken.refresh_until < now)


def _delete(
    model: type[Base],
    column: InstrumentedAttribute[datetime],
    before: datetime,
    *only: ColumnElement[bool],
) -> bool:
    key = inspect(model).primary_key[0]
    old = select(key).where(column < before, *only).limit(PIECE)
    with transaction():
        return affected(delete(model).where(key.in_(old))) == PIECE
