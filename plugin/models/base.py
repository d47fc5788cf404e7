"""The database: one session, one way to write, and columns that both databases agree on."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import copy_context
from datetime import UTC, datetime
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar, cast

from cryptography.fernet import InvalidToken, MultiFernet
from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Connection,
    CursorResult,
    DateTime,
    Engine,
    Executable,
    Integer,
    MetaData,
    Text,
    event,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator

IDLE_SECONDS = 1.0
# SQLite counts rows up by itself only for its own INTEGER.
BigId = BigInteger().with_variant(Integer, "sqlite")


NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The common ancestor of all rows. Constraints have names, so that migrations find them."""

    registry = registry(
        type_annotation_map={int: BigId}, metadata=MetaData(naming_convention=NAMES)
    )


# Rows stay readable after a commit, so that nobody opens a transaction by reading a column.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class Sealed(TypeDecorator[str]):
    """Text that is encrypted at rest with the newest of ENCRYPTION_KEYS."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt on the way in."""
        return None if value is None else _seal().encrypt(value.encode()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypt on the way out; raises where no key fits."""
        if value is None:
            return None
        try:
            return _seal().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise RuntimeError("No key of ENCRYPTION_KEYS opens a stored secret") from error


class UTCDateTime(TypeDecorator[datetime]):
    """A moment with its time zone, always UTC, also on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give SQLite's naive times their zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class db_now_ms(FunctionElement[int]):  # noqa: N801 - reads as the SQL function it is
    """The database's own clock, in milliseconds since the epoch."""

    type = BigInteger()
    inherit_cache = True


@compiles(db_now_ms, "sqlite")
def _sqlite_now(*_: Any, **__: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


@compiles(db_now_ms, "postgresql")
def _postgresql_now(*_: Any, **__: Any) -> str:
    return "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"


@contextmanager
def transaction() -> Iterator[Session]:
    """The way to write: everything inside is one commit, or nothing.

    On SQLite it takes the write lock at once, so that it never fails half-way for want of it.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("A transaction is already open: one deed, one commit")
    close_reads()
    with _turn(session.get_bind().dialect):
        session.info["writing"] = True
        try:
            session.connection(execution_options={"musubi_write": True})
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info["writing"] = False


P = ParamSpec("P")
T = TypeVar("T")
# PostgreSQL's words where it undid a transaction because of others: a ring of those who wait for
# each other, a serialization failure, and a row that somebody else made first.
_LOST = ("40P01", "40001", "23505")
_TRIES = 4


def repeated(deed: Callable[P, T]) -> Callable[P, T]:
    """Do it again where its transaction was undone because of others.

    For what a door calls, if all of it may be done twice; a job is done again by its engine. The
    transaction is opened inside `deed`, and rows that are handed in may have changed since.
    """

    @wraps(deed)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(_TRIES - 1):
            try:
                return deed(*args, **kwargs)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", "") not in _LOST:
                    raise
        return deed(*args, **kwargs)

    return tried


# SQLite lets one write at a time and has the others ask again and again, ever more slowly; the
# threads of one process wait for each other here instead, and go on at once.
_SQLITE_TURN = threading.Lock()


def _turn(dialect: Dialect) -> AbstractContextManager[object]:
    return _SQLITE_TURN if dialect.name == "sqlite" else nullcontext()


def write_alone(statement: Executable, values: dict[str, Any]) -> Any:
    """A single statement, which is a transaction by itself; answers its first value.

    Without BEGIN and COMMIT around it, of which each is waited for: a third of what it costs.
    """
    close_reads()
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execution_options(musubi_alone=True)
        else:
            connection.execution_options(isolation_level="AUTOCOMMIT")
        with _turn(connection.dialect):
            return connection.scalar(statement, values)


def affected(statement: UpdateBase) -> int:
    """Run an UPDATE or DELETE in the transaction at hand; answers how many rows it met."""
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


def close_reads() -> None:
    """End the transaction that reading has opened; called before the network is."""
    session = db.session()
    if session.info.get("writing") or session.new or session.dirty or session.deleted:
        raise RuntimeError("The network is never called, nor a transaction begun, inside another")
    if session.in_transaction():
        session.commit()


def side_by_side(deeds: Sequence[Callable[[], T]]) -> list[Future[T]]:
    """Do these at the same time, each with a session of its own; answers when all have ended."""
    close_reads()
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def alone(deed: Callable[[], T]) -> T:
        with app.app_context():
            return deed()

    with ThreadPoolExecutor(max(len(deeds), 1)) as threads:
        return [threads.submit(copy_context().run, alone, deed) for deed in deeds]


def failures(answers: Sequence[Future[Any]]) -> list[BaseException]:
    """What the deeds raised."""
    return [error for one in answers if (error := one.exception()) is not None]


def prepare_engine(engine: Engine) -> None:
    """SQLite's manners: write-ahead log, durable commits, patience, and real BEGINs.

    Elsewhere a connection that nobody used for a while is asked whether it still lives.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    else:
        event.listen(engine, "checkin", _on_checkin)
        event.listen(engine, "checkout", partial(_on_checkout, engine.dialect))


def _on_connect(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
        connection.execute(f"PRAGMA {pragma}")


def _on_checkin(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _on_checkout(
    dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: object
) -> None:
    """The pool's own `pool_pre_ping` asks at every use, which is a fourth of what a write takes."""
    if time.monotonic() - record.info.get("used", 0.0) < IDLE_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        # The pool makes a new one, and trusts none of those that are as old.
        raise InvalidatePoolError from error


def _on_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("musubi_alone"):
        write = options.get("musubi_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _seal() -> MultiFernet:
    seal: MultiFernet = current_app.extensions["musubi_seal"]
    return seal
