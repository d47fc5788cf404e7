"""Indexes on the synced properties that segments compare, made and dropped outside transactions.

All tenants share an index. It has the very expression that a segment's condition compares, and its
name is made of the property's.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, select, text
from sqlalchemy.exc import DBAPIError

from plugin.core.segments.fields import property_type
from plugin.models.audience.contact_values import ContactValues
from plugin.models.audience.synced_property import READABLE, SyncedProperty
from plugin.models.audience.texts import as_number, folded
from plugin.models.base import db
from plugin.models.transaction import outside_transaction

log = structlog.get_logger()
PREFIX = "value_of_"
# Long texts, which an index cannot hold.
LONG_FIELDS = ("textarea", "html", "file")
# By the segments' type of field. Days and moments are not among them: PostgreSQL indexes no
# expression that depends on its settings, as every form of a time does.
_EXPRESSIONS: Mapping[str, Callable[[ColumnElement[str]], ColumnElement[Any]]] = {
    "text": folded,
    "boolean": folded,
    "enumeration": lambda value: value,
    "owner": lambda value: value,
    "number": as_number,
}
# Their index holds the text itself.
_WHOLE = ("text", "boolean", "enumeration", "owner")


def index_name(name: str, type_: str) -> str:
    same = {"boolean": "text", "owner": "enumeration"}.get(type_, type_)
    return PREFIX + hashlib.sha256(f"{same}:{name}".encode()).hexdigest()[:32]


def holds_whole_text(name: str, indexes: Collection[str]) -> bool:
    """Return whether one of the `indexes` takes no long values of the property."""
    return any(index_name(name, type_) in indexes for type_ in _WHOLE)


def existing_indexes() -> set[str]:
    """Return the names of the indexes that there are, also of those still being made."""
    statement = _ON_SQLITE if db.engine.dialect.name == "sqlite" else _ON_POSTGRESQL
    return set(db.session.scalars(text(statement).bindparams(prefix=f"{PREFIX}%")))


def _unfinished() -> set[str]:
    if db.engine.dialect.name == "sqlite":
        return set()
    return set(db.session.scalars(text(_UNFINISHED).bindparams(prefix=f"{PREFIX}%")))


def adjust_indexes() -> bool:
    """Make one missing index, or drop one that no tenant needs; return True if more is to do."""
    wanted, existing = _wanted(), existing_indexes()
    missing = sorted(wanted.keys() - existing | wanted.keys() & _unfinished())
    needless = sorted(existing - wanted.keys())
    if not missing and not needless:
        return False
    with outside_transaction() as connection:
        if needless:
            _drop(connection, needless[0])
            return len(needless) + len(missing) > 1
        name, type_ = wanted[missing[0]]
        return _create(connection, missing[0], name, type_) and len(missing) > 1


def _wanted() -> dict[str, tuple[str, str]]:
    """By index: the property's name, and the type of its field."""
    columns = SyncedProperty.name, SyncedProperty.type, SyncedProperty.field_type
    statement = select(*columns, SyncedProperty.of_owners).where(SyncedProperty.state.in_(READABLE))
    wanted, long = {}, set()
    for name, type_, field_type, of_owners in db.session.execute(statement.distinct()).tuples():
        kind = property_type(type_, field_type, of_owners=of_owners)
        if field_type in LONG_FIELDS:
            long.add(name)
        elif kind in _EXPRESSIONS:
            wanted[index_name(name, kind)] = name, kind
    # A tenant with long texts in a property keeps all others from an index on its texts.
    return {
        index: (name, kind)
        for index, (name, kind) in wanted.items()
        if kind not in _WHOLE or name not in long
    }


def _create(connection: Connection, index: str, name: str, type_: str) -> bool:
    expression = _EXPRESSIONS[type_](ContactValues.value(name))
    compiled = expression.compile(connection, compile_kwargs={"include_table": False})
    concurrently = "" if connection.dialect.name == "sqlite" else "CONCURRENTLY "
    # Whoever was killed while making it has left a part, which counts as existing.
    _drop(connection, index)
    statement = (
        f"CREATE INDEX {concurrently}IF NOT EXISTS {index} ON contact_values"
        f" (installation_id, ({compiled}))"
    )
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as error:
        # A value may be too long until the next pass cuts it. The index only saves time.
        log.warning("value_index_failed", index=index, error=type(error.orig).__name__)
        _drop(connection, index)
        return False
    return True


def _drop(connection: Connection, index: str) -> None:
    concurrently = "" if connection.dialect.name == "sqlite" else "CONCURRENTLY "
    connection.exec_driver_sql(f"DROP INDEX {concurrently}IF EXISTS {index}")


_ON_SQLITE = """
    SELECT name FROM sqlite_master
    WHERE type = 'index' AND tbl_name = 'contact_values' AND name LIKE :prefix
"""
_ON_POSTGRESQL = """
    SELECT indexname FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename = 'contact_values'
    AND indexname LIKE :prefix
"""
_UNFINISHED = """
    SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = CAST('contact_values' AS regclass) AND NOT indisvalid
    AND relname LIKE :prefix
"""
