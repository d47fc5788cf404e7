"""Putting away what nobody needs any more, a piece at a time."""

from datetime import datetime, timedelta

from sqlalchemy import delete, inspect, select
from sqlalchemy.orm import InstrumentedAttribute

from plugin.core.clock import utcnow
from plugin.models.base import Base, affected, transaction
from plugin.models.idempotency import IdempotentCall
from plugin.models.inbox import WebhookEvent
from plugin.models.installation import OAuthState
from plugin.models.qr_code import LoginAttempt
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
        ]
    )


def _delete(model: type[Base], column: InstrumentedAttribute[datetime], before: datetime) -> bool:
    key = inspect(model).primary_key[0]
    old = select(key).where(column < before).limit(PIECE)
    with transaction():
        return affected(delete(model).where(key.in_(old))) == PIECE
