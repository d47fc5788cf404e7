"""Webhook events at the door: stored once, with as little as the database can be asked for."""

from functools import partial
from typing import Any

from sqlalchemy import JSON, Connection, TextClause, bindparam, text

from plugin.models.base import UTCDateTime, db
from plugin.models.group_commit import done_for_all
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
    return store_with_job(_INSERT, events, kind, key, tenant_id) if events else 0


def store_with_job(
    insert: TextClause, rows: list[dict[str, Any]], kind: str, key: int, tenant_id: int
) -> int:
    """Insert rows, and enqueue the job that takes them up; return how many were inserted."""
    delay = JOB_KINDS[kind].gather
    job = {**common_values(kind, tenant_id, delay), "key": str(key)}

    if db.engine.dialect.name == "sqlite":
        new = short_write(partial(_write_with_job, insert, rows, job))
        if new:
            announced.send(job["queue"], delay=delay)
        return new
    new = short_write(lambda connection: connection.execute(insert, rows).rowcount)
    if new:
        enqueue_by_itself([job])
    return new


def _write_with_job(
    insert: TextClause, rows: list[dict[str, Any]], job: dict[str, Any], connection: Connection
) -> int:
    new = connection.execute(insert, rows).rowcount
    enqueued = done_for_all(connection)
    if new and (job["kind"], job["key"]) not in enqueued:
        connection.execute(ENQUEUE["sqlite"], {**job, "payload": {}})
        enqueued.add((job["kind"], job["key"]))
    return new
