"""Databases for tests: migrated once, copied for each test, on both kinds."""

import os
import secrets
import shutil
import sqlite3
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
    def copy(self, folder: Path, template: str = "") -> Iterator[str]:
        """A database of one's own, empty or as a kept one stood."""
        for old in folder.glob("musubi.db*"):
            old.unlink()
        shutil.copy(template or self.template, folder / "musubi.db")
        yield f"sqlite:///{folder / 'musubi.db'}"

    def keep(self, folder: Path, url: str) -> str:
        """Keep a copy as it stands, to be copied itself; answers its name."""
        kept = self.template.parent / f"{secrets.token_hex(4)}.db"
        with sqlite3.connect(url.removeprefix("sqlite:///")) as source:
            source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(url.removeprefix("sqlite:///"), kept)
        return str(kept)

    def close(self) -> None:
        """The folder is pytest's to remove."""


class PostgresCopies:
    """One migrated database, emptied and filled again: far cheaper than making and dropping."""

    def __init__(self) -> None:
        self.name = f"musubi_test_{secrets.token_hex(4)}"
        _admin(f'CREATE DATABASE "{self.name}"')
        # A test does not outlive its power supply.
        _admin(f'ALTER DATABASE "{self.name}" SET synchronous_commit = off')

    @property
    def template_url(self) -> str:
        """Where the migrations run once."""
        return _url(self.name)

    @contextmanager
    def copy(self, folder: Path, template: str = "") -> Iterator[str]:
        """The database, empty or as a kept one stood."""
        with psycopg.connect(_plain(_url(self.name))) as connection:
            # Nobody minds the order of tables, nor is anything checked that was right before.
            connection.execute("SET LOCAL session_replication_role = replica")
            for table in _tables(connection):
                _run(connection, f'DELETE FROM public."{table}"')
                if template:
                    _run(connection, f'INSERT INTO public."{table}" TABLE {template}."{table}"')
            _set_counters(connection)
        yield _url(self.name)

    def keep(self, folder: Path, url: str) -> str:
        """Keep the database as it stands; answers the name to copy it by."""
        name = f"kept_{secrets.token_hex(4)}"
        with psycopg.connect(_plain(url)) as connection:
            _run(connection, f"CREATE SCHEMA {name}")
            for table in _tables(connection):
                _run(connection, f'CREATE TABLE {name}."{table}" AS TABLE public."{table}"')
        return name

    def close(self) -> None:
        """Drop the database."""
        _admin(f'DROP DATABASE "{self.name}" WITH (FORCE)')


def _tables(connection: psycopg.Connection) -> list[str]:
    found = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename <> 'alembic_version' ORDER BY tablename"
    )
    return [name for (name,) in found]


def _set_counters(connection: psycopg.Connection) -> None:
    """New rows are counted on from the highest that is there."""
    counters = connection.execute(
        "SELECT table_name, column_name,"
        " pg_get_serial_sequence(quote_ident(table_name), column_name)"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL"
    ).fetchall()
    for table, column, counter in counters:
        top = f'SELECT coalesce(max("{column}"), 0) + 1 FROM public."{table}"'
        _run(connection, f"SELECT setval('{counter}', ({top}), false)")


def _run(connection: psycopg.Connection, statement: str) -> None:
    connection.execute(statement.encode())


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


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
    with psycopg.connect(_plain(POSTGRES), autocommit=True, connect_timeout=3) as connection:
        _run(connection, statement)
