"""Databases for tests: migrated once, copied for each test, on both kinds."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade

POSTGRES = os.environ.get(
    "TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)


@cache
def postgres_is_there() -> bool:
    """Whether PostgreSQL answers; under CI it must."""
    try:
        _admin("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


class SQLiteCopies:
    """One migrated file, copied."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template.db"

    @property
    def template_url(self) -> str:
        """Where the migrations run once."""
        return f"sqlite:///{self.template}"

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        """A database of one's own."""
        shutil.copy(self.template, folder / "musubi.db")
        yield f"sqlite:///{folder / 'musubi.db'}"

    def close(self) -> None:
        """The folder is pytest's to remove."""


class PostgresCopies:
    """One migrated database, copied by PostgreSQL itself."""

    def __init__(self) -> None:
        self.template = f"musubi_test_{secrets.token_hex(4)}"
        _admin(f'CREATE DATABASE "{self.template}"')

    @property
    def template_url(self) -> str:
        """Where the migrations run once."""
        return _url(self.template)

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        """A database of one's own, dropped afterwards."""
        name = f"{self.template}_{secrets.token_hex(4)}"
        _admin(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}" STRATEGY FILE_COPY')
        yield _url(name)
        _admin(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        """Drop the template."""
        _admin(f'DROP DATABASE "{self.template}" WITH (FORCE)')


Copies = SQLiteCopies | PostgresCopies


def migrate(app: Flask) -> None:
    """Bring the app's database up, and let go of it so that it can be copied."""
    from plugin.models import db

    with app.app_context():
        upgrade()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()


def _url(name: str) -> str:
    return f"{POSTGRES.rsplit('/', 1)[0]}/{name}"


def _admin(statement: str) -> None:
    url = POSTGRES.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url, autocommit=True, connect_timeout=3) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
