"""A lock that lets one process migrate at a time. The second one waits and finds nothing to do."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Connection, Engine, text

from plugin.models.database_files import PRIVATE, sqlite_file

# An arbitrary number by which nothing else in the database locks.
KEY = 0x6D75737562690001
WAITING = "Another Musubi is bringing the database up to date; waiting for it."


@contextmanager
def file_lock(engine: Engine) -> Iterator[None]:
    """Lock a file beside SQLite's database before the database is opened at all."""
    path = sqlite_file(engine.url.render_as_string(hide_password=False))
    if path is None:
        yield
        return
    # SQLite's own locks do not suffice: a second process that opens a new database meets them
    # half-way.
    descriptor = os.open(f"{path}.migrating", os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        _wait_for(descriptor)
        yield
    finally:
        # The file stays, since a waiting process holds this very file open.
        os.close(descriptor)


def session_lock(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    # Limits that are meant for requests must not cut short the wait or a migration.
    for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(text(f"SET LOCAL {limit} = 0"))
    if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": KEY}):
        click.echo(WAITING, err=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEY})


def _wait_for(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        click.echo(WAITING, err=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
