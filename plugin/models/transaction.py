"""Transactions: the one way to write."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import cache, partial, wraps
from threading import Thread
from typing import Any, ParamSpec, TypeVar, cast

from flask import current_app
from sqlalchemy import Connection, CursorResult, Executable, Row, text
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase

from plugin.models.base import db
from plugin.models.engine import truncate_log
from plugin.models.group_commit import commit_together
from plugin.models.session import is_lost_race
from plugin.models.system.audit_entry import note_deed
from plugin.models.system.fence import check_hold, is_under_hold
from plugin.models.write_lock import write_lock


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit everything inside at once, or nothing. On SQLite it takes the write lock at the start,
    so that it never fails half-way for want of it."""
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("A transaction is already open: transactions do not nest")
    check_hold()
    close_reads()
    with write_lock(db.engine):
        session.info["writing"] = True
        session.info["after_commit"], session.info["made"] = {}, ""
        deed = None
        try:
            session.connection(execution_options={"musubi_write": True})
            _check_hold_inside(session)
            session.info["wrote"] = False
            yield session
            deed = note_deed(session)
            session.commit()
        except BaseException:
            session.rollback()
            if deed is not None:
                deed.give_back()
            raise
        finally:
            session.info["writing"] = False
    for callback, values in session.info.pop("after_commit").items():
        callback(values)


def _check_hold_inside(session: Session) -> None:
    # The process may have stood still since the first check. From here on the database ends what
    # stands still (`limits.SESSION_LIMITS`), before the lease is over.
    if is_under_hold():
        if session.get_bind().dialect.name == "postgresql":
            # psycopg begins the transaction with the first statement.
            session.execute(_FIRST)
        check_hold()


_FIRST = text("SELECT 1")
P = ParamSpec("P")
T = TypeVar("T")
_TRIES = 4
# Calls to one platform under way together: 64 that take 50 ms each are as many as a process can
# begin and end.
CALLS_AT_ONCE = 64


def retried(function: Callable[P, T]) -> Callable[P, T]:
    """Repeat a call that lost a race. For entry points that may run twice as a whole; jobs are
    retried by the scheduler. Rows that are passed in may have changed since, and the call opens its
    own transaction."""

    @wraps(function)
    def repeated(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(_TRIES - 1):
            try:
                return function(*args, **kwargs)
            except Exception as error:
                if not is_lost_race(error):
                    raise
        return function(*args, **kwargs)

    return repeated


def after_commit(callback: Callable[[dict[Any, Any]], None]) -> dict[Any, Any]:
    """Return a dict to fill; the callback gets it once the open transaction is committed."""
    values: dict[Any, Any] = db.session().info["after_commit"].setdefault(callback, {})
    return values


def short_write(write: Callable[[Connection], T]) -> T:
    """Run a few statements as a transaction by themselves, on SQLite in one commit with those of
    other threads."""
    check_hold()
    close_reads()
    engine = db.engine
    if engine.dialect.name == "sqlite":
        return commit_together(engine, write)
    with engine.begin() as connection:
        return write(connection)


def autocommit_scalar(statement: Executable, values: dict[str, Any] | None = None) -> Any:
    """Run a single writing statement as a transaction by itself; return its first row's first
    value."""
    if db.engine.dialect.name == "sqlite":
        return short_write(lambda connection: connection.scalar(statement, values))
    # Without BEGIN and COMMIT, each of which is waited for: a third of the cost. And a frozen
    # client keeps no lock on the rows that it wrote.
    with _autocommitting() as connection:
        return connection.scalar(statement, values)


def current_row(statement: Executable, values: dict[str, Any] | None = None) -> Row[Any] | None:
    """Read a row as it stands at this moment, outside the session and of any transaction."""
    with _autocommitting() as connection:
        return connection.execute(statement, values).first()


@contextmanager
def _autocommitting() -> Iterator[Connection]:
    check_hold()
    close_reads()
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execution_options(musubi_alone=True)
        else:
            connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


@contextmanager
def outside_transaction() -> Iterator[Connection]:
    """Yield a connection on which each statement is by itself: some cannot be in a transaction."""
    check_hold()
    close_reads()
    with write_lock(db.engine), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execution_options(musubi_alone=True)
        else:
            connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


def before_call() -> None:
    """Before a network call: nothing is open, and the job's lease still holds."""
    check_hold()
    close_reads()


def empty_log() -> bool:
    """Empty SQLite's write-ahead log. Return False where it has to be tried again."""
    close_reads()
    with write_lock(db.engine):
        return truncate_log(db.engine)


def affected(statement: UpdateBase) -> int:
    """Run an UPDATE or DELETE in the open transaction and return how many rows it met."""
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


def close_reads() -> None:
    """End the transaction that reading has opened."""
    if not db.session.registry.has():
        return
    session = db.session()
    if session.info.get("writing") or session.new or session.dirty or session.deleted:
        raise RuntimeError("The network is never called, nor a transaction begun, inside another")
    if session.in_transaction():
        session.commit()


def in_parallel(platform: str, functions: Sequence[Callable[[], T]]) -> list[Future[T]]:
    """Call all at the same time, each with a session of its own, and wait for their ends. Each
    platform has threads of its own, so that one that hangs holds no other up."""
    threads = _threads(os.getpid(), platform)
    futures = [threads.submit(call) for call in _in_contexts(functions)]
    wait(futures)
    return futures


def in_time(name: str, functions: Sequence[Callable[[], T]], seconds: float) -> list[Future[T]]:
    """Call all as `in_parallel` does, and wait for `seconds` at most. What was not begun by then
    is cancelled; what has not ended goes on by itself, and holds no process that wants to end."""
    futures = [Future[T]() for _ in functions]
    pending = deque(zip(futures, _in_contexts(functions), strict=True))

    def work() -> None:
        with suppress(IndexError):
            while True:
                _settle(*pending.popleft())

    for _ in range(min(len(futures), CALLS_AT_ONCE)):
        Thread(target=work, name=name, daemon=True).start()
    wait(futures, seconds)
    for future in futures:
        future.cancel()
    return futures


def _settle(future: Future[T], call: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001  its caller raises it
        future.set_exception(error)
    else:
        future.set_result(result)


def _in_contexts(functions: Sequence[Callable[[], T]]) -> list[Callable[[], T]]:
    """Return the functions, each to be called in a thread with a session of its own."""
    close_reads()
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def in_context(function: Callable[[], T]) -> T:
        with app.app_context():
            return function()

    return [partial(copy_context().run, in_context, function) for function in functions]


@cache
def _threads(_process: int, platform: str) -> ThreadPoolExecutor:
    """Return the threads of this very process: a forked one has none of its parent's."""
    return ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix=platform)


def failures(futures: Sequence[Future[Any]]) -> list[BaseException]:
    return [error for future in futures if (error := future.exception()) is not None]
