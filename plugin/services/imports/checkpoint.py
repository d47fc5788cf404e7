"""Stores each batch of an import exactly once, even if several workers hold the same run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.core.cursors import RepeatedCursor, follow
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.imports.friend_import import FriendImport
from plugin.models.imports.import_run import RUNNING, ImportRun
from plugin.models.transaction import affected, transaction

# The rate limit frees calls one by one; a short wait for several costs fewer wake-ups.
MIN_WAIT = timedelta(milliseconds=100)


class StaleRun(Exception):
    """The import was stopped, or another worker stored this batch; nothing of it is saved here."""


@contextmanager
def batch(run: ImportRun | FriendImport) -> Iterator[None]:
    """Store one batch with the changes of `run`; raise `StaleRun` if the run has moved on."""
    model, before = type(run), run.step
    with transaction() as session:
        statement = update(model).where(
            model.id == run.id, model.step == before, model.state == RUNNING
        )
        advanced = statement.values(step=before + 1).execution_options(synchronize_session=False)
        if not affected(advanced):
            session.expire(run)
            raise StaleRun
        db.session.refresh(run)
        yield


def advance(run: ImportRun | FriendImport, phase: str, after: str = "") -> None:
    """Set the phase and the cursor of the next batch; call it inside `batch`."""
    if phase != run.phase or not after:
        run.trail = ""
    run.phase, run.after = phase, after


def extend_trail(platform: str, trail: str, place: str | None) -> str:
    """Return the trail with the next page added; raise a permanent `GatewayError` for a repeat."""
    try:
        return follow(trail, place) if place else trail
    except RepeatedCursor:
        raise GatewayError(
            f"{platform} gave a page of the list for the second time, so it has no end",
            permanent=True,
            reason="invalid",
        ) from None


def retry_time(error: GatewayError) -> datetime | None:
    """Return when a rate limit allows the next call, or None for another error."""
    if error.reason != "rate_limited" or error.retry_at is None:
        return None
    return max(error.retry_at, utcnow() + MIN_WAIT)
