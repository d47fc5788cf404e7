"""INSERT of many rows, which knows what to do when a row is there, in both databases' words."""

from functools import cache
from typing import Any, cast

from sqlalchemy import Column, Table, TextClause, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite

from plugin.models.base import Base, db


def insert_or(model: type[Base]) -> Any:
    """The dialect's INSERT for a model, with `on_conflict_do_nothing` and `..._do_update`."""
    return _dialect().insert(model)


def insert_rows(model: type[Base]) -> Any:
    """The same for many rows at once: past the ORM, which looks at each of them for long."""
    return _dialect().insert(model.__table__)


@cache
def upsert(
    model: type[Base], columns: tuple[str, ...], keys: tuple[str, ...], taken: tuple[str, ...] = ()
) -> TextClause:
    """The same as text, for rows of these columns in hundreds: SQLAlchemy compiles its own
    ON CONFLICT anew every time.

    A row whose `keys` are there takes what is `taken` from the new one. Columns not named get the
    model's defaults.
    """
    table = cast(Table, model.__table__)
    preset = [one for one in table.c if one.default is not None and one.name not in columns]
    names = [*columns, *(one.name for one in preset)]
    change = ", ".join(f"{name} = excluded.{name}" for name in taken)
    statement = (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES (:{', :'.join(names)})"  # noqa: S608
        f" ON CONFLICT ({', '.join(keys)}) DO {f'UPDATE SET {change}' if taken else 'NOTHING'}"
    )
    given = [bindparam(name, type_=table.c[name].type) for name in columns]
    return text(statement).bindparams(*given, *map(_default, preset))


def count_anew(*models: type[Base]) -> None:
    """Where thousands of rows are new, PostgreSQL looks at their tables before it plans more.

    By itself it does so a minute later, and till then may walk through a table for each row.
    """
    if db.session().get_bind().dialect.name == "postgresql":
        names = [one.__tablename__ for one in models]
        grown = db.session.scalars(_GROWN.bindparams(names=names)).all()
        if grown:
            db.session.execute(text(f"ANALYZE {', '.join(sorted(grown))}"))


# Tables in which more rows changed since they were counted than half of those that are there.
_GROWN = text("""
    SELECT relname FROM pg_stat_user_tables
    WHERE relid = ANY (SELECT CAST(name AS regclass) FROM unnest(CAST(:names AS text[])) AS name)
      AND n_mod_since_analyze > greatest(1000, n_live_tup / 2)
""")


def _default(column: Column[Any]) -> Any:
    default: Any = column.default
    value = default.arg(None) if default.is_callable else default.arg
    return bindparam(column.name, value, type_=column.type)


def _dialect() -> Any:
    return sqlite if db.session().get_bind().dialect.name == "sqlite" else postgresql
