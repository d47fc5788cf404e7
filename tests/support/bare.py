"""Musubi on an empty database with nobody outside: for work whose steps are the test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

from flask import Flask
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import Job, db
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.scheduler.local_engine import LocalEngine
from tests.support.databases import Copies, not_synced
from tests.support.world import make_app, settings_for

NOWHERE = "http://127.0.0.1:9"
NOW = timedelta(0)


@contextmanager
def bare_app(copies: Copies, folder: Path) -> Iterator[Flask]:
    """The application, without a context."""
    with copies.copy(folder) as url:
        app = not_synced(make_app(settings_for(NOWHERE, NOWHERE, url, folder)))
        yield app
        with app.app_context():
            db.engine.dispose()


def engine_of(app: Flask) -> LocalEngine:
    """The engine, which runs nothing until told."""
    return cast(LocalEngine, app.extensions["musubi_engine"])


def owe(
    key: object, tenant_id: int = 1, kind: str = "deliver", delay: timedelta | None = NOW
) -> None:
    """One job in a commit of its own, inside the app's context."""
    with transaction():
        enqueue(kind, key, tenant_id, delay=delay)


def the_job() -> Job:
    """The only job, as it stands, inside the app's context."""
    db.session.rollback()
    return db.session.scalars(select(Job).execution_options(populate_existing=True)).one()


def no_job() -> bool:
    """Whether nothing is owed, inside the app's context; no transaction is left to stand idle."""
    db.session.rollback()
    found = db.session.scalar(select(Job.id).limit(1))
    db.session.rollback()
    return found is None


def pass_time(span: timedelta) -> None:
    """Bring everything that waits nearer; leases run down as well."""
    ready = Job.ready_ms - span // timedelta(milliseconds=1)
    with transaction() as session:
        session.execute(update(Job).values(ready_ms=ready))


def seconds_to_go() -> float:
    """Until the only job may be taken."""
    return the_job().ready_ms / 1000 - utcnow().timestamp()
