"""Every migration, down and up again, on a database that has a row in every table."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from plugin.migrating import upgrade_database
from plugin.models import db
from plugin.models.revision import newest_revision
from tests.support.databases import Copies, PostgresCopies, SQLiteCopies
from tests.support.people import NOW
from tests.support.world import make_app, settings_for

pytestmark = pytest.mark.both_databases
NOWHERE = "http://127.0.0.1:1"
FIRST = "first"
# Work that a migration asks for, or that its undoing makes void.
WORK = {"job", "search_pending"}
OF_KIND = {
    sa.Integer: 1,
    sa.String: "x",
    sa.DateTime: NOW,
    sa.Date: NOW.date(),
    sa.JSON: {},
    sa.Boolean: True,
    sa.LargeBinary: b"x",
}


@pytest.fixture
def app(copies: Copies, tmp_path: Path) -> Iterator[Flask]:
    own = SQLiteCopies(tmp_path) if isinstance(copies, SQLiteCopies) else PostgresCopies()
    app = make_app(settings_for(NOWHERE, NOWHERE, own.template_url, tmp_path))
    try:
        with app.app_context():
            upgrade_database()
            yield app
            db.engine.dispose()
    finally:
        own.close()


@pytest.fixture
def engine(app: Flask) -> Iterator[sa.Engine]:
    """An engine whose sessions may stand still; those of Musubi's own would end."""
    engine = sa.create_engine(db.engine.url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def fill(engine: sa.Engine) -> None:
    """See to it that every table has a row; it points at those of the tables before it."""
    known = sa.MetaData()
    known.reflect(engine)
    with engine.begin() as connection:
        for table in known.sorted_tables:
            if connection.execute(sa.select(table)).first() is None:
                needed = [one for one in table.columns if one.foreign_keys or not one.nullable]
                connection.execute(table.insert().values({one.name: _value(one) for one in needed}))


def _value(column: sa.Column[Any]) -> Any:
    for kind, value in OF_KIND.items():
        if isinstance(column.type, kind):
            return value
    raise AssertionError(f"{column} is of an unknown kind")


def counted(engine: sa.Engine) -> dict[str, int]:
    """How many rows each table has."""
    names = set(sa.inspect(engine).get_table_names()) - WORK
    with engine.connect() as connection:
        counts = {name: sa.select(sa.func.count()).select_from(sa.table(name)) for name in names}
        return {name: connection.scalar(count) or 0 for name, count in counts.items()}


def losers(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """Tables that are there before and after, and have lost rows."""
    return [name for name, rows in before.items() if after.get(name, rows) < rows]


def revision(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def test_no_migration_stumbles_over_rows_or_loses_any(engine: sa.Engine) -> None:
    fill(engine)
    while (newer := revision(engine)) != FIRST:
        before = counted(engine)
        assert all(before.values())
        downgrade()
        older, between = revision(engine), counted(engine)
        assert losers(before, between) == [], f"{newer} to {older}"
        upgrade(revision=newer)
        assert losers(between, counted(engine)) == [], f"{older} to {newer}"
        downgrade()
    upgrade()
    assert revision(engine) == newest_revision()


def test_migrations_make_what_the_models_say(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, db.metadata) == []
