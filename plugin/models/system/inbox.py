"""Webhook events at the door: stored once, with as little as the database can be asked for."""

from datetime import timedelta
from typing import Any

from sqlalchemy import JSON, Connection, bindparam, text

from plugin.models.base import UTCDateTime, db
from plugin.models.system.after_commit import announced, enqueue_by_itself
from plugin.models.system.job import common_values
from plugin.models.system.job_kinds import JOB_KINDS
from plugin.models.system.job_sql import ENQUEUE
from plugin.models.transaction import short_write

# As text, since SQLAlchemy compiles its own ON CONFLICT anew every time.
_INSERT = text("""
INSERT INTO webhook_event (
    source, owner_id, event_key, kind, occurred_ms, payload, received_at, error
) VALUES (
    :source, :owner_id, :event_key, :kind, :occurred_ms, :payload, :received_at, ''
) ON CONFLICT DO NOTHING
""").bindparams(bindparam("payload", type_=JSON()), bindparam("received_at", type_=UTCDateTime()))


def take_in(events: list[dict[str, Any]], kind: str, key: int, tenant_id: int) -> int:
    """Store the new events (values of `WebhookEvent`) and enqueue the job that handles them; return
    how many were new."""
    if not events:
        return 0
    delay = JOB_KINDS[kind].gather
    job = {**common_values(kind, tenant_id, delay), "key": str(key)}
    on_sqlite = db.engine.dialect.name == "sqlite"

    def write(connection: Connection) -> int:
        new = connection.execute(_INSERT, events).rowcount
        if new and on_sqlite:
            connection.execute(ENQUEUE["sqlite"], {**job, "payload": {}})
        return new

    new = short_write(write)
    if new:
        _wake(job, delay, on_sqlite)
    return new


def _wake(job: dict[str, Any], delay: timedelta, is_enqueued: bool) -> None:
    if is_enqueued:
        announced.send(job["queue"], delay=delay)
    else:
        enqueue_by_itself([job])
