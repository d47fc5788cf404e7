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
    """Thousands of rows are new: PostgreSQL looks at the tables before it plans the next queries.

    By itself it does so a minute later, and till then may walk through a table for each row.
    """
    if db.session().get_bind().dialect.name == "postgresql":
        db.session.execute(text(f"ANALYZE {', '.join(one.__tablename__ for one in models)}"))


def _default(column: Column[Any]) -> Any:
    default: Any = column.default
    value = default.arg(None) if default.is_callable else default.arg
    return bindparam(column.name, value, type_=column.type)


def _dialect() -> Any:
    return sqlite if db.session().get_bind().dialect.name == "sqlite" else postgresql
