"""Copies the database while Musubi runs, and restores it from a copy."""

import os
import secrets
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from plugin.models.base import Sealed, db
from plugin.models.database_files import PRIVATE, sqlite_file
from plugin.models.revision import known_revisions
from plugin.services import Dependencies
from plugin.services.system.readiness import SANDBOX_PAGES

LOCK_SECONDS = 30.0


class CannotBackUp(Exception):
    """The message says why, and what to do instead."""


def back_up(deps: Dependencies, target: Path) -> None:
    """Copy SQLite's database, as of one moment, into a new file. Writers go on meanwhile."""
    source = _file_of(deps, "pg_dump --format=custom --file={file} {url}", target)
    if target.exists():
        raise CannotBackUp(f"{target} exists already. Choose another name.")
    if not source.exists():
        raise CannotBackUp(f"There is no database at {source} yet.")
    _copy(source, target)


def check_backup(deps: Dependencies, backup: Path) -> None:
    """Raise `CannotBackUp` where a file is no Musubi database that this installation can use."""
    _file_of(deps, "pg_restore --clean --if-exists --dbname={url} {file}", backup)
    if not backup.is_file():
        raise CannotBackUp(f"There is no file {backup}.")
    with closing(_connect(backup)) as file:
        try:
            _check_whole(file)
            rows = file.execute("SELECT ui_domain, refresh_token FROM installation").fetchall()
        except sqlite3.DatabaseError as error:
            raise CannotBackUp(f"{backup} is no backup of Musubi's: {error}.") from error
    if deps.settings.sandbox and not all(str(row[0]).endswith(SANDBOX_PAGES) for row in rows):
        raise CannotBackUp(
            "The backup holds HubSpot accounts that are not the sandbox's. Set HUBSPOT_CLIENT_ID,"
            " HUBSPOT_CLIENT_SECRET and HUBSPOT_APP_ID first."
        )
    if not all(_can_decrypt(row[1]) for row in rows):
        raise CannotBackUp(
            "ENCRYPTION_KEYS does not open the secrets in this backup. Set the keys it was made"
            " with; several are separated by commas, newest first."
        )


def restore(deps: Dependencies, backup: Path, now: datetime) -> Path | None:
    """Replace the database by a backup in one transaction; return where the old one was saved."""
    check_backup(deps, backup)
    path = _file_of(deps, "", backup)
    before = None
    if path.exists() and path.stat().st_size:
        before = path.with_name(f"{path.name}.before-{now:%Y%m%d-%H%M%S}")
        back_up(deps, before)
    db.session.remove()
    with closing(_connect(backup)) as file, closing(_connect(path)) as target:
        file.backup(target)
    path.chmod(PRIVATE)
    return before


def _file_of(deps: Dependencies, command_format: str, file: Path) -> Path:
    url = deps.settings.database_url
    path = sqlite_file(url)
    if path is None:
        # Without the password: libpq asks for it, or finds it in its own file.
        plain = make_url(url)._replace(drivername="postgresql", password=None)
        command = command_format.format(file=file, url=plain.render_as_string())
        raise CannotBackUp(
            f"PostgreSQL has its own programs for this, which work while Musubi runs:\n  {command}"
        )
    return path


def _copy(source: Path, target: Path) -> None:
    partial = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
    try:
        with closing(_connect(source)) as file, closing(_connect(partial)) as copy:
            file.backup(copy)
            # The copy is a single file, without a log beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            _check_whole(copy)
        # Unlike a rename this never replaces a file that appeared meanwhile.
        target.hardlink_to(partial)
    except (sqlite3.Error, OSError) as error:
        raise CannotBackUp(f"The copy could not be made: {error}.") from error
    finally:
        partial.unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)


def _check_whole(file: sqlite3.Connection) -> None:
    if file.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
        raise CannotBackUp("The file is damaged: SQLite's integrity check fails.")
    (revision,) = file.execute("SELECT version_num FROM alembic_version").fetchone()
    if revision not in known_revisions():
        raise CannotBackUp(f"It belongs to a newer Musubi (revision {revision}).")


def _can_decrypt(sealed: str) -> bool:
    try:
        Sealed().process_result_value(sealed, db.engine.dialect)
    except RuntimeError:
        return False
    return True
