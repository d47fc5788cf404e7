"""An index for each synced property that segments compare, made and dropped outside transactions.

All tenants share a property's index. Its name is made of the property's, so that any name is safe.
"""

import hashlib

import structlog
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.base import db
from plugin.models.transaction import outside_transaction

log = structlog.get_logger()
PREFIX = "value_of_"
# Their values are lists or long texts, which an index does not help with and may not hold.
NOT_INDEXED = ("checkbox", "textarea", "html", "file")


def index_name(name: str) -> str:
    return PREFIX + hashlib.sha256(name.encode()).hexdigest()[:32]


def existing_indexes() -> set[str]:
    """Return the names of the indexes that there are, also of those still being made."""
    statement = _ON_SQLITE if db.engine.dialect.name == "sqlite" else _ON_POSTGRESQL
    return set(db.session.scalars(text(statement).bindparams(prefix=f"{PREFIX}%")))


def adjust_indexes() -> bool:
    """Make one missing index, or drop one that no tenant needs; return True if more is to do."""
    wanted, existing = _wanted(), existing_indexes()
    missing = sorted(set(wanted) - existing)
    needless = sorted(existing - set(wanted))
    if not missing and not needless:
        return False
    with outside_transaction() as connection:
        if needless:
            _drop(connection, needless[0])
        else:
            return _create(connection, missing[0], wanted[missing[0]]) and len(missing) > 1
    return len(missing) + len(needless) > 1


def _wanted() -> dict[str, str]:
    rows = db.session.execute(select(SyncedProperty.name, SyncedProperty.field_type).distinct())
    fields: dict[str, set[str]] = {}
    for name, field_type in rows:
        fields.setdefault(name, set()).add(field_type)
    # A tenant with long texts in a property keeps all others from an index on its name.
    return {
        index_name(name): name
        for name, types in fields.items()
        if not types.intersection(NOT_INDEXED)
    }


def _create(connection: Connection, index: str, name: str) -> bool:
    sqlite = connection.dialect.name == "sqlite"
    path = f'$."{name}"' if sqlite else name
    quoted = path.replace("'", "''").replace("%", "%%" if not sqlite else "%")
    concurrently = "" if sqlite else "CONCURRENTLY "
    statement = (
        f"CREATE INDEX {concurrently}IF NOT EXISTS {index} ON contact_values"
        f" (installation_id, (\"values\" ->> '{quoted}'))"
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
