"""The session, the base class of all rows, and column types."""

from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import InvalidToken, MultiFernet
from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import BigInteger, DateTime, Integer, MetaData, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator

from plugin.models.session import WritingSession

# SQLite autoincrements only its own INTEGER type.
BigId = BigInteger().with_variant(Integer, "sqlite")

# Constraints have names, so that migrations find them.
NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    registry = registry(
        type_annotation_map={int: BigId}, metadata=MetaData(naming_convention=NAMES)
    )


class BoundSession(WritingSession, FlaskSession):
    """Flask-SQLAlchemy's session that reads rows anew inside a transaction."""


# Rows stay readable after a commit; otherwise reading a column would open a transaction.
db = SQLAlchemy(
    model_class=Base, session_options={"expire_on_commit": False, "class_": BoundSession}
)


class Sealed(TypeDecorator[str]):
    """Text that is encrypted at rest with the newest of ENCRYPTION_KEYS."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _seal().encrypt(value.encode()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        try:
            return _seal().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise RuntimeError("No key of ENCRYPTION_KEYS opens a stored secret") from error


class UTCDateTime(TypeDecorator[datetime]):
    """A moment with its time zone, always UTC, also on SQLite, which returns naive times."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
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


def _seal() -> MultiFernet:
    seal: MultiFernet = current_app.extensions["musubi_seal"]
    return seal
