"""Short writes of many threads in one commit: SQLite waits for the disk once for all of them.

A thread that finds nobody leading leads: it takes the write lock and runs what stands in line in
one transaction. The others wait for its commit. None of them returns before it.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from plugin.models.lock_wait import DatabaseBusy, seconds_left
from plugin.models.write_lock import write_lock

T = TypeVar("T")
# The longest transaction: a write that comes later waits for the next one.
MOST = 100
_DONE = "done_for_all"


class _Write:
    """One thread's write, and what came of it."""

    def __init__(self, function: Callable[[Connection], Any]) -> None:
        self.function = function
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_over = self.leads = False
        # Set when the write is over, and when its thread is to lead.
        self.news = threading.Event()

    def run(self, connection: Connection, alone: bool) -> None:
        """A write that fails takes back its own statements and nobody else's."""
        if alone:
            self.result = self.function(connection)
            return
        connection.exec_driver_sql("SAVEPOINT one")
        try:
            self.result = self.function(connection)
        except Exception as error:  # noqa: BLE001 - its own thread raises it
            self.error = error
            connection.exec_driver_sql("ROLLBACK TO one")
        connection.exec_driver_sql("RELEASE one")

    def end(self, error: BaseException | None = None) -> None:
        self.error = error or self.error
        self.is_over = True
        self.news.set()


class _Line:
    """The writes that wait for the next commit of one database."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[_Write] = deque()
        self._is_led = False

    def commit(self, engine: Engine, function: Callable[[Connection], T]) -> T:
        write = _Write(function)
        if self._join(write) or self._wait(write):
            self._lead(engine, write)
        if write.error is not None:
            raise write.error
        result: T = write.result
        return result

    def _join(self, write: _Write) -> bool:
        """Stand in line. Return whether to lead."""
        with self._guard:
            self._waiting.append(write)
            leads, self._is_led = not self._is_led, True
            return leads

    def _wait(self, write: _Write) -> bool:
        """Return whether to lead, or False where the write is over. Raise `DatabaseBusy` where the
        wait exceeds the caller's limit."""
        if not write.news.wait(seconds_left()):
            with self._guard:
                if write in self._waiting and not write.leads:
                    self._waiting.remove(write)
                    raise DatabaseBusy("Others are writing")
            # It is being written at this moment, or has just been told to lead.
            write.news.wait()
        return not write.is_over

    def _lead(self, engine: Engine, own: _Write) -> None:
        writes = [own]
        try:
            with write_lock(engine), _begun(engine) as connection:
                # Not before the lock is there: only this thread's patience may end until then.
                writes = self._take()
                for write in writes:
                    write.run(connection, alone=len(writes) == 1)
        except BaseException as error:  # noqa: BLE001 - each of their threads raises it
            for write in writes:
                write.end(error)
        else:
            for write in writes:
                write.end()
        finally:
            self._pass_on(own)

    def _take(self) -> list[_Write]:
        with self._guard:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))]

    def _pass_on(self, own: _Write) -> None:
        with self._guard:
            if own in self._waiting:
                self._waiting.remove(own)
            self._is_led = bool(self._waiting)
            if self._is_led:
                self._waiting[0].leads = True
                self._waiting[0].news.set()


@contextmanager
def _begun(engine: Engine) -> Iterator[Connection]:
    connecting = engine.connect().execution_options(musubi_write=True)
    with connecting as connection, connection.begin():
        connection.info[_DONE] = set()
        yield connection


def done_for_all(connection: Connection) -> set[tuple[str, str]]:
    """Return what a write of this commit has done for those behind it; whoever does more adds it,
    as its last statement."""
    done: set[tuple[str, str]] = connection.info[_DONE]
    return done


_lines: WeakKeyDictionary[Engine, _Line] = WeakKeyDictionary()
_lines_guard = threading.Lock()


def commit_together(engine: Engine, function: Callable[[Connection], T]) -> T:
    """Run a few writing statements in the next commit. Raise what they raise, what the commit
    raises, or `DatabaseBusy`."""
    with _lines_guard:
        line = _lines.setdefault(engine, _Line())
    return line.commit(engine, function)
