"""The database's clock. It alone decides between machines, whose own clocks may differ."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db, db_now_ms

# A machine's clock may be off by this much before the team gets a notice.
MAX_SKEW = timedelta(seconds=5)


def database_now() -> datetime:
    milliseconds = db.session.scalar(select(db_now_ms())) or 0
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def clock_skew() -> timedelta:
    """Return how far this process's clock is ahead of the database's, within half the call."""
    asked_at = utcnow()
    database_time = database_now()
    answered_at = utcnow()
    return asked_at + (answered_at - asked_at) / 2 - database_time
