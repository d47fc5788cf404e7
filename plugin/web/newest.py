"""Pages of lists that begin with the newest row."""

from typing import Any

from plugin.models.base import db

PAGE = 50


def newest(statement: Any, key: Any, before: int, most: int = PAGE) -> tuple[list[Any], int]:
    """Return the newest rows with a `key` below `before` (0: all), and the key to continue below
    (0: no more)."""
    if before:
        statement = statement.where(key < before)
    rows = db.session.scalars(statement.order_by(key.desc()).limit(most + 1)).unique().all()
    return cut(list(rows), most)


def cut(rows: list[Any], most: int = PAGE) -> tuple[list[Any], int]:
    """Return a page of rows, of which one more was read, and the id to continue below."""
    return rows[:most], rows[most - 1].id if len(rows) > most else 0
