"""A commit that plants work rouses the engine at once; nobody waits for the next tick."""

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
    queues = session.info.pop("planted", ())
    if queues and has_app_context():
        engine = current_app.extensions["musubi_engine"]
        for queue in queues:
            engine.nudge(queue)


def _forget(session: Any) -> None:
    session.info.pop("planted", None)
