"""A stage on a database of one kind, made for a bench and removed after it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from plugin.models import Job, db
from plugin.models.base import db_now_ms
from plugin.models.system.job_kinds import RECURRING
from tests.support.databases import Copies, PostgresCopies, SQLiteCopies, migrate, postgres_is_there
from tests.support.processes import wait_until
from tests.support.stage import Stage, staged
from tests.support.world import Socket, make_app, settings_for

SOON_MS = 5_000


class Skipped(Exception):
    """Something is not here that the row needs; the message names it."""


def databases() -> list[str]:
    """The kinds that are here."""
    return ["sqlite", "postgresql"] if postgres_is_there() else ["sqlite"]


@contextmanager
def stage(database: str) -> Iterator[Stage]:
    """An installed portal with an Official Account, all its jobs done."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies: Copies = SQLiteCopies(folder) if database == "sqlite" else PostgresCopies()
        socket = Socket()
        try:
            migrate(make_app(settings_for(socket.url, socket.url, copies.template_url, folder)))
            with copies.copy(folder) as url, staged(socket, url, folder) as here:
                yield here
        finally:
            # What the sandbox has still called finds no database.
            socket.empty()
            copies.close()
            socket.close()


def quiet(stage: Stage) -> None:
    """Wait until Musubi has done what making the stage has caused."""
    wait_until(lambda: not _soon(stage), 60, "a quiet Musubi")


def _soon(stage: Stage) -> int:
    soon = Job.ready_ms < db_now_ms() + SOON_MS
    waiting = select(func.count()).select_from(Job).where(soon, Job.kind.not_in(RECURRING))
    with stage.world.app.app_context():
        return db.session.scalar(waiting) or 0
