"""A commit that plants work rouses the engine at once; nobody waits for the next tick."""

from datetime import timedelta
from typing import Any

from flask import current_app, has_app_context
from sqlalchemy import event

from plugin.models.base import db


def listen_for_plants() -> None:
    """Hang on to every commit, once per process."""
    if not event.contains(db.session, "after_commit", _nudge):
        event.listen(db.session, "after_commit", _nudge)
        event.listen(db.session, "after_rollback", _forget)


def _nudge(session: Any) -> None:
    if session.in_nested_transaction():
        return  # A savepoint promises nothing yet.
    planted: dict[str, timedelta] = session.info.pop("planted", {})
    if planted and has_app_context():
        engine = current_app.extensions["musubi_engine"]
        for queue, delay in planted.items():
            engine.nudge_in(queue, delay)


def _forget(session: Any) -> None:
    if session.in_nested_transaction():
        return
    session.info.pop("planted", None)
