"""A commit that enqueues jobs wakes the engine at once; no job waits for the next tick."""

from datetime import timedelta
from typing import Any

from flask import current_app, has_app_context
from sqlalchemy import event

from plugin.models.base import db
from plugin.models.system.after_commit import announced


def listen_for_enqueued() -> None:
    if not event.contains(db.session, "after_commit", _wake_queues):
        event.listen(db.session, "after_commit", _wake_queues)
        event.listen(db.session, "after_rollback", _discard)
        announced.connect(_wake_engine)


def _wake_queues(session: Any) -> None:
    if session.in_nested_transaction():
        return  # A savepoint is no commit yet.
    enqueued: dict[str, timedelta] = session.info.pop("enqueued", {})
    for queue, delay in enqueued.items():
        _wake_engine(queue, delay)


def _wake_engine(queue: str, delay: timedelta) -> None:
    if has_app_context():
        current_app.extensions["musubi_engine"].wake_in(queue, delay)


def _discard(session: Any) -> None:
    if session.in_nested_transaction():
        return
    session.info.pop("enqueued", None)
