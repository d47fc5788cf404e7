"""INSERT that knows what to do when the row is there, in both databases' own words."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from plugin.models.base import Base, db


def insert_or(model: type[Base]) -> Any:
    """The dialect's INSERT for a model, with `on_conflict_do_nothing` and `..._do_update`."""
    name = db.session().get_bind().dialect.name
    return (sqlite if name == "sqlite" else postgresql).insert(model)


def insert_rows(model: type[Base]) -> Any:
    """The same for many rows at once: past the ORM, which looks at each of them for long."""
    name = db.session().get_bind().dialect.name
    return (sqlite if name == "sqlite" else postgresql).insert(model.__table__)
