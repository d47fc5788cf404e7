"""Set-up of database connections."""

from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, event

from plugin.core.broadcasts.buckets import hashed
from plugin.models.limits import (
    note_checkin,
    ping_idle,
    send_statements_singly,
    set_session_limits,
)
from plugin.models.lock_wait import DEFAULT_SECONDS, limit_lock_wait

PRAGMAS = (
    # First, since a second process may be opening the database at this very moment.
    f"busy_timeout={int(DEFAULT_SECONDS * 1000)}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    # Deleted text is overwritten, so that the file holds none of an erased person.
    "secure_delete=ON",
    # In KiB, of 2,000: each thread has a connection, and the system keeps the file in memory too.
    "cache_size=-500",
)


def prepare_engine(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    else:
        send_statements_singly()
        # Sessions get limits, and a connection that was idle for a while gets a ping.
        event.listen(engine, "connect", set_session_limits)
        event.listen(engine, "begin", limit_lock_wait)
        event.listen(engine, "checkin", note_checkin)
        event.listen(engine, "checkout", partial(ping_idle, engine.dialect))


def _on_connect(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    # PostgreSQL has a hash of its own (`models.broadcasts.bucket_sql`).
    connection.create_function("bucket_of", 1, hashed, deterministic=True)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def truncate_log(engine: Engine) -> bool:
    """Move SQLite's write-ahead log into the database and empty it. Return False if readers block
    it."""
    if engine.dialect.name != "sqlite":
        return True
    # Until it is emptied, the log keeps pages as they were before a deletion.
    with engine.connect() as connection:
        connection.execution_options(musubi_alone=True)
        connection.exec_driver_sql("PRAGMA busy_timeout=1000")
        try:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        finally:
            connection.exec_driver_sql(f"PRAGMA {PRAGMAS[0]}")
    return not busy


def _on_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("musubi_alone"):
        write = options.get("musubi_write")
        if write:
            limit_lock_wait(connection)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
