"""SQLite's files: private to their owner, and complete when no process uses them."""

import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from plugin.models.base import db

PRIVATE = 0o600
# Files beside the database while it is open.
COMPANIONS = ("", "-wal", "-shm", "-journal")
CLOSING_MS = 1000


def sqlite_file(url: str) -> Path | None:
    """Return the file of a database URL, or None where it has none."""
    parsed = make_url(url)
    memory = parsed.database in (None, "", ":memory:")
    return None if parsed.get_backend_name() != "sqlite" or memory else Path(str(parsed.database))


def make_private(url: str) -> None:
    """Let only the owner read the database. SQLite gives its other files the same rights."""
    path = sqlite_file(url)
    # Whatever opens the database reports a missing or read-only folder.
    if path is None or not path.parent.is_dir():
        return
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE))
        for companion in COMPANIONS:
            with suppress(FileNotFoundError):
                Path(f"{path}{companion}").chmod(PRIVATE)


def close_database() -> None:
    """Write everything into the database's own file, so that a copy of it is complete."""
    db.session.remove()
    engine = db.engine
    engine.dispose()
    if engine.dialect.name == "sqlite":
        # If a step still hangs or another process goes on, the log stays beside the file.
        with suppress(SQLAlchemyError):
            _empty_log(engine)
    engine.dispose()


def _empty_log(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={CLOSING_MS}")
        connection.rollback()
        raw = connection.connection.driver_connection
        if raw is not None:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
