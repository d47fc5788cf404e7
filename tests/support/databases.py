"""Databases for tests: migrated once, copied for each test, on both kinds."""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event

IN_CI = os.environ.get("CI") == "true"
POSTGRES = os.environ.get(
    "TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)


def chosen_kinds(option: str, on_both: bool) -> tuple[str, ...]:
    """The kinds of database that a test runs on, by `--database` and its marker."""
    if option == "both" or (option == "auto" and on_both):
        return ("sqlite", "postgresql")
    if option == "auto":
        return ("postgresql",) if IN_CI else ("sqlite",)
    return (option,)


@cache
def postgres_is_there() -> bool:
    """Whether PostgreSQL answers. Under CI it must: nothing is skipped, and what asks it fails."""
    try:
        _admin("SELECT 1")
    except psycopg.OperationalError:
        return IN_CI
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
        self._fillings: dict[str, Filling] = {}
        self._open: psycopg.Connection | None = None
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
        try:
            self._fill(template)
        except psycopg.OperationalError:
            # A test has ended all connections, this one as well.
            self._fill(template)
        yield _url(self.name)

    def _fill(self, template: str) -> None:
        """Over a connection that stays open: a new one would have to learn all tables again."""
        if self._open is None or self._open.closed:
            self._open = psycopg.connect(_plain(_url(self.name)), autocommit=True)
            # The order of tables is no matter. Said once: a change of it forgets all plans.
            _run(self._open, "SET session_replication_role = replica")
        if template not in self._fillings:
            self._fillings[template] = Filling(self._open, template)
        with self._open.transaction():
            self._fillings[template].fill(self._open)

    def stop_counting(self) -> None:
        """Let PostgreSQL plan by no statistics, as in a table's first minute.

        What it counted in a table of one row it would believe of the thousands that follow.
        """
        with psycopg.connect(_plain(_url(self.name))) as connection:
            for table in _tables(connection):
                _run(connection, f'ALTER TABLE "{table}" SET (autovacuum_enabled = off)')

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
        if self._open is not None:
            self._open.close()
        _admin(f'DROP DATABASE "{self.name}" WITH (FORCE)')


# A process that was killed leaves its statement running, with its locks.
_END_ORPHANS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
      AND backend_type = 'client backend' AND state_change < now() - interval '5 seconds'
"""
# DELETE is fast on small tables; what a test with thousands of rows leaves is thrown away whole.
_SHRINK = """
    DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace
                   AND relkind = 'r' AND pg_relation_size(oid) > 256 * 1024)
        THEN TRUNCATE %s; END IF;
    END $$
"""


def _tables(connection: psycopg.Connection) -> list[str]:
    found = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename <> 'alembic_version' ORDER BY tablename"
    )
    return [name for (name,) in found]


class Filling:
    """Brings a database to where a kept schema stands, or empties it. It asks first what is to be
    done: a test uses few tables, and to empty an empty one costs as much as any other."""

    def __init__(self, connection: psycopg.Connection, template: str) -> None:
        tables, counters = _tables(connection), _counters(connection)
        self._shrink = _SHRINK % ", ".join(f'public."{table}"' for table in tables)
        self._used = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT FROM public.\"{table}\")" for table in tables
        )
        self._counted = " UNION ALL ".join(
            f"SELECT '{name}', last_value, is_called FROM {name}" for name, _, _ in counters
        )
        self._inserts = [
            f'INSERT INTO public."{table}" TABLE {template}."{table}"'
            for table in (tables if template else ())
            if _greatest(connection, f'{template}."{table}"', "1")
        ]
        self._starts = {
            counter: 1 + (_greatest(connection, f'{template}."{table}"', column) if template else 0)
            for counter, table, column in counters
        }

    def fill(self, connection: psycopg.Connection) -> None:
        """Do it, inside a transaction."""
        _run(connection, f"{_END_ORPHANS}; {self._shrink}")
        used = connection.execute(self._used.encode()).fetchall()
        statements = [f'DELETE FROM public."{table}"' for (table,) in used] + self._inserts
        for counter, last, is_called in connection.execute(self._counted.encode()).fetchall():
            start = self._starts[counter]
            if is_called or last != start:
                statements.append(f"SELECT setval('{counter}', {start}, false)")
        _run(connection, "; ".join(statements))


def _greatest(connection: psycopg.Connection, table: str, column: str) -> int:
    found = connection.execute(f"SELECT coalesce(max({column}), 0) FROM {table}".encode())
    return sum(number for (number,) in found)


def _counters(connection: psycopg.Connection) -> list[tuple[str, str, str]]:
    """The counters of ids, each with its table and column."""
    # The catalogue itself: the planner may ask the schema's own views for counters of their own.
    return connection.execute(
        "SELECT format('%I.%I', n.nspname, counter.relname), owner.relname, a.attname"
        " FROM pg_class counter JOIN pg_namespace n ON n.oid = counter.relnamespace"
        " JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = counter.oid"
        " AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')"
        " JOIN pg_class owner ON owner.oid = d.refobjid"
        " JOIN pg_attribute a ON a.attrelid = owner.oid AND a.attnum = d.refobjsubid"
        " WHERE counter.relkind = 'S' AND n.nspname = 'public'"
    ).fetchall()


def _run(connection: psycopg.Connection, statement: str) -> None:
    connection.execute(statement.encode())


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


Copies = SQLiteCopies | PostgresCopies


class Databases:
    """One migrated database of each kind that a test asks for, made when the first one asks."""

    def __init__(
        self, folders: pytest.TempPathFactory, make_app: Callable[[str, Path], Flask]
    ) -> None:
        self._folders = folders
        self._make_app = make_app
        self._made: dict[str, Copies] = {}

    def of_kind(self, kind: str) -> Copies:
        """The database of this kind. Skips the test where PostgreSQL is absent."""
        if kind not in self._made:
            self._made[kind] = self._make(kind)
        return self._made[kind]

    def _make(self, kind: str) -> Copies:
        if kind == "postgresql" and not postgres_is_there():
            pytest.skip("PostgreSQL does not answer (TEST_POSTGRES_URL)")
        folder = self._folders.mktemp("template")
        copies = SQLiteCopies(folder) if kind == "sqlite" else PostgresCopies()
        migrate(self._make_app(copies.template_url, folder))
        if isinstance(copies, PostgresCopies):
            copies.stop_counting()
        return copies

    def close(self) -> None:
        """Remove all of them."""
        for copies in self._made.values():
            copies.close()


def migrate(app: Flask) -> None:
    """Bring the app's database up, and let go of it so that it can be copied."""
    from plugin.migrating import upgrade_database
    from plugin.models import db

    with app.app_context():
        upgrade_database()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()


def not_synced(app: Flask) -> Flask:
    """The app, whose SQLite does not wait for the disk at each commit, which takes most of a test.

    A test does not outlive its power supply; whoever is only killed loses nothing.
    """
    from plugin.models import db

    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _do_not_sync)
    return app


def _do_not_sync(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _url(name: str) -> str:
    return f"{POSTGRES.rsplit('/', 1)[0]}/{name}"


def _admin(statement: str) -> None:
    with psycopg.connect(_plain(POSTGRES), autocommit=True, connect_timeout=3) as connection:
        _run(connection, statement)
