"""How long a write may wait for others: less than usual, where a platform awaits the response."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLite's wait for another process's write.
DEFAULT_SECONDS = 15.0
# An uncontended write needs no wait; one that comes late still gets this much.
MIN_SECONDS = 0.2
# A thread that has waited this long gets the lock next.
STARVING_SECONDS = 0.2
FOREVER_SECONDS = 86_400.0

_deadline: ContextVar[float | None] = ContextVar("database_deadline", default=None)


class DatabaseBusy(Exception):
    """Other writes took longer than the caller may wait. Nothing was written."""


# Errors of a database that is away, locked or full; the same call may succeed later.
UNAVAILABLE = (DatabaseBusy, OperationalError, PoolTimeout)


def set_write_deadline(seconds: float) -> Token[float | None]:
    """Limit how long this thread's writes may wait, all together."""
    return _deadline.set(time.monotonic() + seconds)


def reset_write_deadline(token: Token[float | None]) -> None:
    _deadline.reset(token)


def seconds_left() -> float | None:
    """Return how long the next write may wait; None means as long as usual."""
    deadline = _deadline.get()
    return None if deadline is None else max(deadline - time.monotonic(), MIN_SECONDS)


class FairLock:
    """A lock for the quickest thread, but never past one that has waited for `STARVING_SECONDS`.
    Strict order would cost a change of threads each time."""

    def __init__(self) -> None:
        self._lock, self._guard = threading.Lock(), threading.Lock()
        self._starving: deque[threading.Lock] = deque()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock. Raise `DatabaseBusy` where the wait exceeds the caller's limit."""
        limit = seconds_left()
        if not self._acquire(FOREVER_SECONDS if limit is None else limit):
            raise DatabaseBusy("Others are writing")
        try:
            yield
        finally:
            self._release()

    def _acquire(self, seconds: float) -> bool:
        if self._lock.acquire(timeout=min(seconds, STARVING_SECONDS)):
            return True
        ticket = threading.Lock()
        ticket.acquire()
        with self._guard:
            self._starving.append(ticket)
        # The lock may have become free before the ticket was in the queue.
        got = self._lock.acquire(blocking=False)
        got = got or ticket.acquire(timeout=max(seconds - STARVING_SECONDS, 0.0))
        return self._withdraw(ticket) or got

    def _withdraw(self, ticket: threading.Lock) -> bool:
        with self._guard:
            waits = ticket in self._starving
            if waits:
                self._starving.remove(ticket)
            return not waits  # The lock was handed to this ticket, perhaps just now.

    def _release(self) -> None:
        with self._guard:
            if self._starving:
                self._starving.popleft().release()
                return
        self._lock.release()


def is_read_only(error: DBAPIError) -> bool:
    """Return whether PostgreSQL refuses writes: a standby, or configured so."""
    return getattr(error.orig, "sqlstate", "") == "25006"


def limit_lock_wait(connection: Connection) -> None:
    limit = seconds_left()
    if connection.dialect.name != "sqlite":
        autocommits = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
        if limit is not None and not autocommits:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(limit * 1000)}")
    elif limit is not None or connection.info.get("limited"):
        # Sent by the driver itself, since SQLAlchemy would begin another transaction.
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={int((limit or DEFAULT_SECONDS) * 1000)}")
        connection.info["limited"] = limit is not None
