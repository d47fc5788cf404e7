"""Jobs enqueued after the commit of their cause, in a transaction that no client can hold open."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from blinker import Signal
from sqlalchemy.exc import SQLAlchemyError

from plugin.models.system.job_sql import ENQUEUE_LATER
from plugin.models.transaction import after_commit, autocommit_scalar

log = structlog.get_logger()
# Sent with a queue whose workers should wake after `delay`.
announced = Signal()


def enqueue_after_commit(rows: Sequence[dict[str, Any]]) -> None:
    """Enqueue these jobs once the open transaction commits, each once however often it is named."""
    pending: dict[tuple[str, str], dict[str, Any]] = after_commit(_enqueue)
    for row in rows:
        pending[row["kind"], row["key"]] = row


def _enqueue(pending: dict[tuple[str, str], dict[str, Any]]) -> None:
    enqueue_by_itself(list(pending.values()))


def enqueue_by_itself(rows: Sequence[dict[str, Any]]) -> None:
    """Enqueue jobs on PostgreSQL in a transaction of their own, and wake their queues."""
    try:
        autocommit_scalar(ENQUEUE_LATER, {"rows": list(rows)})
    except SQLAlchemyError as error:
        # The rows to work on are stored, and the search for lost work finds them.
        kinds = sorted({row["kind"] for row in rows})
        log.warning("jobs_not_enqueued", kinds=kinds, reason=type(error).__name__)
        return
    for queue, delay in {(row["queue"], row["delay"]) for row in rows}:
        announced.send(queue, delay=timedelta(milliseconds=delay))
