"""Limits that protect the others when a machine freezes, vanishes or waits too long."""

import time
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

IDLE_SECONDS = 1.0

# A frozen process keeps the locks of its transaction, so the server ends its session. Other
# machines go on after `idle_in_transaction_session_timeout` at the latest, well within the lease of
# the jobs that the frozen machine had. Set for every session, so that no server's configuration
# matters.
SESSION_LIMITS = {
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "15s",
    "statement_timeout": "30s",
    # The server's side of the connection notices a vanished client within half a minute.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
_SET = "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS s(name, value)"
# The client's side, under libpq's names, notices a vanished server as soon.
CLIENT_LIMITS = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def client_limits(url: str) -> dict[str, Any]:
    """Return arguments for libpq. What `DATABASE_URL` sets itself stays."""
    url_parameters = make_url(url).query
    return {name: value for name, value in CLIENT_LIMITS.items() if name not in url_parameters}


def set_session_limits(connection: Any, _record: object) -> None:
    connection.autocommit = True
    names, values = list(SESSION_LIMITS), list(SESSION_LIMITS.values())
    connection.execute(_SET, (names, values))
    connection.autocommit = False


def send_statements_singly() -> None:
    """Have psycopg's `executemany` await each execution, and so end each with a Sync."""
    # PostgreSQL counts neither as idle nor as a statement the time between two executions of a
    # pipeline, nor after the Flush with which psycopg ends one: a process frozen there would keep
    # its locks as long as it stands still.
    from psycopg import Pipeline

    Pipeline.is_supported = classmethod(lambda _: False)  # type: ignore[assignment]


def note_checkin(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def ping_idle(
    dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: object
) -> None:
    # The pool's own `pool_pre_ping` pings at every use, which is a fourth of what a write takes.
    if time.monotonic() - record.info.get("used", 0.0) < IDLE_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        # The pool opens a new connection and discards all that are as old.
        raise InvalidatePoolError from error


def lift_limits(connection: Connection) -> None:
    """Lift this session's limits for migrations, which wait for each other and rewrite tables."""
    if connection.dialect.name == "postgresql":
        for name in ("lock_timeout", "statement_timeout"):
            connection.execute(text("SELECT set_config(:name, '0', false)"), {"name": name})
        connection.commit()
