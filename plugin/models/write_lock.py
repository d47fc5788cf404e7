"""Whose turn it is to write to SQLite, which lets one write at a time.

Its own lock keeps the data whole, but has those who wait poll ever more slowly: whoever writes
without a pause could keep another waiting for seconds. The threads of one process queue here
instead, and go on at once; so do the processes, behind their threads.
"""

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine

from plugin.models.database_files import PRIVATE
from plugin.models.lock_wait import DEFAULT_SECONDS, FairLock, seconds_left

# Bytes of the lock file. Who writes holds one; who is next holds the other, so that whoever has
# just written must stand behind.
_WRITING, _NEXT = 0, 1
_LOOK_SECONDS = 0.0005
_THREADS = FairLock()


@contextmanager
def write_lock(engine: Engine) -> Iterator[None]:
    """Hold SQLite's only write for this thread; PostgreSQL needs nobody to wait. Raise
    `DatabaseBusy` where the wait exceeds the caller's limit."""
    if engine.dialect.name != "sqlite":
        yield
        return
    with _THREADS.hold(), turn_to_write(engine):
        yield


@contextmanager
def turn_to_write(engine: Engine) -> Iterator[None]:
    """Wait for this process's turn. Only one thread of a process may ask at a time.

    After the longest wait the caller goes on all the same, and SQLite's own lock decides."""
    descriptor = _open_lock_file(engine)
    if descriptor is None:
        yield
        return
    try:
        _wait_for_turn(descriptor)
        yield
    finally:
        # Closing gives all locks back; so does the end of the process, however it ends.
        os.close(descriptor)


def _open_lock_file(engine: Engine) -> int | None:
    name = engine.url.database
    if name in (None, "", ":memory:"):
        return None
    with suppress(OSError):
        # The file stays, since others may hold this very file open.
        return os.open(f"{name}.writing", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    return None


def _wait_for_turn(descriptor: int) -> None:
    limit = seconds_left()
    end = time.monotonic() + (DEFAULT_SECONDS if limit is None else limit)
    if _has(descriptor, _NEXT, end) and _has(descriptor, _WRITING, end):
        with suppress(OSError):
            fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, _NEXT)


def _has(descriptor: int, byte: int, end: float) -> bool:
    # A wait inside the system could not be ended in time.
    return _until(lambda: _take(descriptor, byte), end)


def _take(descriptor: int, byte: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
    except OSError as error:
        # Any other error: this file system locks no files, and SQLite's own lock has to do.
        return error.errno not in (errno.EAGAIN, errno.EACCES)
    return True


def _until(true: Callable[[], bool], end: float) -> bool:
    while not true():
        if time.monotonic() >= end:
            return False
        time.sleep(_LOOK_SECONDS)
    return True
