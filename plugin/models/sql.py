"""Statements that differ between SQLite and PostgreSQL."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Select,
    Table,
    Text,
    TextClause,
    bindparam,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from plugin.models.base import Base, db


def insert_or(model: type[Base]) -> Any:
    """Return the dialect's INSERT, with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return _dialect().insert(model)


def insert_rows(model: type[Base]) -> Any:
    """Return the same for many rows, without the ORM's work for each of them."""
    return _dialect().insert(model.__table__)


@cache
def upsert(
    model: type[Base], columns: tuple[str, ...], keys: tuple[str, ...], taken: tuple[str, ...] = ()
) -> TextClause:
    """Return the same as text, for hundreds of rows with these columns. An existing row with the
    same `keys` takes the new values of `taken`; columns not named get the model's defaults."""
    # As text, since SQLAlchemy compiles its own ON CONFLICT anew every time.
    table = cast(Table, model.__table__)
    preset = [
        column for column in table.c if column.default is not None and column.name not in columns
    ]
    names = [*columns, *(column.name for column in preset)]
    change = ", ".join(f"{name} = excluded.{name}" for name in taken)
    statement = (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES (:{', :'.join(names)})"  # noqa: S608
        f" ON CONFLICT ({', '.join(keys)}) DO {f'UPDATE SET {change}' if taken else 'NOTHING'}"
    )
    parameters = [bindparam(name, type_=table.c[name].type) for name in columns]
    return text(statement).bindparams(*parameters, *map(_default, preset))


class Condition(FunctionElement[bool]):
    """A condition that stands as it is written. SQLAlchemy would compare it with 1 for SQLite,
    which then looks at every row instead of an index."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        return self


class among(Condition):  # noqa: N801 - SQLAlchemy spells functions small
    """`column` is one of the ids that a select finds and locks, in the select's order."""

    inherit_cache = True

    def __init__(self, column: InstrumentedAttribute[int], ids: Select[tuple[int]]) -> None:
        super().__init__(column, ids.correlate(None).scalar_subquery())


@compiles(among)
def _in_select(element: among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN {ids}"


@compiles(among, "postgresql")
def _in_array(element: among, compiler: Any, **options: Any) -> str:
    # With IN, PostgreSQL may run the select once for each row of a table that it has not analyzed.
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY (ARRAY{ids})"


class seconds_between(FunctionElement[float]):  # noqa: N801 - reads as the SQL function it is
    """Seconds from one moment to another, which both are columns or expressions of moments."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between)
def _julian(element: seconds_between, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(part, **options) for part in element.clauses)
    return f"((julianday({end}) - julianday({start})) * 86400)"


@compiles(seconds_between, "postgresql")
def _epoch(element: seconds_between, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(part, **options) for part in element.clauses)
    return f"EXTRACT(EPOCH FROM {end} - {start})"


class IdList(TypeDecorator[list[int]]):
    """Thousands of ids as one bound value: an array on PostgreSQL, JSON text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        array = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.ARRAY(BigInteger()) if array else Text())

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else json.dumps(value)


class one_of(Condition):  # noqa: N801 - SQLAlchemy spells functions small
    """`column` is one of these ids; the statement is the same however many they are."""

    inherit_cache = True

    def __init__(self, column: InstrumentedAttribute[Any], ids: Iterable[int]) -> None:
        super().__init__(column, bindparam(None, list(ids), type_=IdList()))


@compiles(one_of, "sqlite")
def _in_json(element: one_of, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - both compiled


@compiles(one_of, "postgresql")
def _equals_any(element: one_of, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY ({ids})"


def analyze_grown(*models: type[Base]) -> None:
    """Have PostgreSQL analyze tables with thousands of new rows before it plans more queries."""
    # Autovacuum does so a minute later; until then PostgreSQL may scan a table for each row.
    if db.session().get_bind().dialect.name == "postgresql":
        names = [model.__tablename__ for model in models]
        grown = db.session.scalars(_GROWN.bindparams(names=names)).all()
        if grown:
            db.session.execute(text(f"ANALYZE {', '.join(sorted(grown))}"))


# Tables of some pages that were never analyzed, or only while they were small (new rows are counted
# with a delay of seconds), and those where more rows changed since than half of those there are.
_GROWN = text("""
    SELECT pg_class.relname FROM pg_stat_user_tables JOIN pg_class ON pg_class.oid = relid
    WHERE relid = ANY (SELECT CAST(name AS regclass) FROM unnest(CAST(:names AS text[])) AS name)
      AND (reltuples < 100 AND pg_relation_size(relid) > 24576
           OR n_mod_since_analyze > greatest(1000, n_live_tup / 2))
""")


def _default(column: Column[Any]) -> Any:
    default: Any = column.default
    value = default.arg(None) if default.is_callable else default.arg
    return bindparam(column.name, value, type_=column.type)


def _dialect() -> Any:
    return sqlite if db.session().get_bind().dialect.name == "sqlite" else postgresql


def partial_index(name: str, *columns: str, part: str) -> Index:
    """Return an index of the rows in `part`, for queries that name `part` literally."""
    # Each database spells the condition in its own way; SQLite compares it to the letter.
    return Index(
        name,
        *columns,
        sqlite_where=text(part.replace("IS true", "IS 1")),
        postgresql_where=text(part),
    )
