"""Storing a piece of an import once, whoever else may be at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import affected, db, transaction
from plugin.models.friend_import import FriendImport
from plugin.models.list_import import RUNNING, ImportRun

# The rate limit gives calls back one by one; waiting a little for several costs fewer awakenings.
BREATH = timedelta(milliseconds=100)


class Overtaken(Exception):
    """The import was stopped, or somebody else stored this piece; nothing of ours is kept."""


@contextmanager
def piece(run: ImportRun | FriendImport) -> Iterator[None]:
    """A transaction that stores one piece, if the import still stands where the piece began.

    Changes of `run` inside are stored with it.
    """
    model, before = type(run), run.step
    with transaction() as session:
        same = update(model).where(model.id == run.id, model.step == before, model.state == RUNNING)
        one_on = same.values(step=before + 1).execution_options(synchronize_session=False)
        if not affected(one_on):
            session.expire(run)
            raise Overtaken
        db.session.refresh(run)
        yield


def go_to(run: ImportRun | FriendImport, phase: str, after: str = "") -> None:
    """The next piece is of this phase, from this cursor; inside `piece`."""
    run.phase, run.after = phase, after


def when_allowed(error: GatewayError) -> datetime | None:
    """When to go on after a rate limit; None: it was another error."""
    if error.reason != "rate_limited" or error.retry_at is None:
        return None
    return max(error.retry_at, utcnow() + BREATH)
