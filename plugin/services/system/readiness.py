"""Whether this process can work: its tables, its keys, its disk, its clock. A failed check is one
word to the outside; the log has the details."""

import shutil
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import inspect, select
from sqlalchemy.exc import SQLAlchemyError

from plugin.core.clock_watch import platform_clocks
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.database_files import sqlite_file
from plugin.models.lock_wait import DatabaseBusy, reset_write_deadline, set_write_deadline
from plugin.models.revision import database_revision, newest_revision
from plugin.models.system.lease import hold
from plugin.models.transaction import close_reads, transaction
from plugin.services import Dependencies

log = structlog.get_logger()
# Below this the database and the log are about to stop anyway.
LEAST_FREE = 32 * 1024 * 1024
# A check this soon after another has the same result.
FRESH_SECONDS = 1.0
# A test row is written this often at most.
WRITE_SECONDS = 5.0
LOCK_TIMEOUT_SECONDS = 1.0
# Sandbox portals have their pages below this path of our own address.
SANDBOX_PAGES = "/hubspot-app"


class Readiness:
    """The results of the last check. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked = self._wrote = float("-inf")
        self._missing: tuple[str, ...] = ()

    def missing(self, deps: Dependencies) -> tuple[str, ...]:
        """Return the failed checks: `database`, `migrations`, `keys`, `disk`, `clock`."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked >= FRESH_SECONDS:
                failed = self._look(deps)
                if failed != self._missing:
                    log.warning("readiness_changed", missing=", ".join(failed) or "nothing")
                self._missing, self._looked = failed, now
            return self._missing

    def _look(self, deps: Dependencies) -> tuple[str, ...]:
        checks: dict[str, Callable[[], bool]] = {
            "migrations": lambda: database_revision() == newest_revision(),
            "keys": lambda: not count_unreadable_secrets(),
            "disk": lambda: has_room(deps),
            "database": self._can_write,
        }
        hurried = set_write_deadline(LOCK_TIMEOUT_SECONDS)
        try:
            failed = [name for name, check in checks.items() if not _passes(check)]
        finally:
            reset_write_deadline(hurried)
        if platform_clocks.off_seconds:
            failed.append("clock")
        return tuple(failed)

    def _can_write(self) -> bool:
        if time.monotonic() - self._wrote >= WRITE_SECONDS:
            # One row, written again and again.
            with transaction():
                hold("readiness", "any", timedelta(0))
            self._wrote = time.monotonic()
        return True


def count_unreadable_secrets() -> int:
    """Return how many stored secrets none of ENCRYPTION_KEYS opens."""
    columns = (
        (Installation.id, Installation.refresh_token),
        (OfficialAccount.id, OfficialAccount.channel_secret),
    )
    return sum(
        not _opens(column, key, row_id)
        for key, column in columns
        for row_id in db.session.scalars(select(key)).all()
    )


def has_room(deps: Dependencies) -> bool:
    file = sqlite_file(deps.settings.database_url)
    folders = {deps.settings.instance, *([file.parent] if file else [])}
    return all(_free(folder) >= LEAST_FREE for folder in folders)


def real_portals() -> list[int]:
    """Return the stored portals that did not come from the sandbox."""
    file = sqlite_file(str(db.engine.url))
    if file is not None and not (file.exists() and file.stat().st_size):
        # Connecting now would create an empty file, a half-made database.
        return []
    if not inspect(db.session.connection()).has_table(Installation.__tablename__):
        db.session.rollback()
        return []
    rows = db.session.execute(select(Installation.portal_id, Installation.ui_domain)).all()
    db.session.rollback()
    return [portal for portal, pages in rows if not pages.endswith(SANDBOX_PAGES)]


def _opens(column: object, key: object, row_id: int) -> bool:
    try:
        db.session.execute(select(column).where(key == row_id)).all()  # type: ignore[call-overload]
    except RuntimeError:
        return False
    return True


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (SQLAlchemyError, DatabaseBusy):
        db.session.rollback()
        return False
    finally:
        close_reads()


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
