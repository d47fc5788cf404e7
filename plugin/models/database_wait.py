"""A start waits for a database that comes up beside it, and says what stands in the way."""

import os
import time
from pathlib import Path

import click
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from plugin.models.database_files import sqlite_file

WAIT_SECONDS = 60.0
PAUSE_SECONDS = 0.5
SQLITE_BEGINS = b"SQLite format 3\x00"


class DatabaseUnreachable(Exception):
    """What is wrong with the database, in words for who starts Musubi."""


def wait_for_database(engine: Engine, seconds: float = WAIT_SECONDS) -> None:
    """Return once the database can be opened. Raise `DatabaseUnreachable` for a file that cannot
    be one, and for a server that refuses all connections for so many seconds."""
    file = sqlite_file(engine.url.render_as_string(hide_password=False))
    if file is not None:
        _check_file(file)
    elif engine.dialect.name != "sqlite":
        _wait_for_server(engine, time.monotonic() + seconds)


def _check_file(file: Path) -> None:
    # Opening it with SQLite would make an empty database already.
    wrong = ""
    if not os.access(file if file.exists() else file.parent, os.R_OK | os.W_OK):
        wrong = "it cannot be read and written"
    elif file.is_file():
        with file.open("rb") as opened:
            begins = opened.read(len(SQLITE_BEGINS))
        wrong = "" if begins in (b"", SQLITE_BEGINS) else "it holds something else"
    if wrong:
        raise DatabaseUnreachable(f"DATABASE_URL names the file {file}, but {wrong}.")


def _wait_for_server(engine: Engine, end: float) -> None:
    told = ""
    while refusal := _refusal(engine):
        if time.monotonic() > end:
            raise DatabaseUnreachable(f"The database of DATABASE_URL does not answer: {refusal}")
        if refusal != told:
            click.echo(f"Waiting for the database: {refusal}", err=True)
            told = refusal
        time.sleep(PAUSE_SECONDS)


def _refusal(engine: Engine) -> str:
    """Return the server's or the system's words, "" where a connection could be opened."""
    try:
        engine.connect().close()
    except OperationalError as error:
        return next(iter(str(error.orig).splitlines()), type(error.orig).__name__)
    return ""
