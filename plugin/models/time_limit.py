"""Limits how long queries may take whose cost nobody knows before."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from plugin.models.base import db

# SQLite looks at the clock after so many of its instructions: about every millisecond.
_INSTRUCTIONS = 100_000


class TooSlow(Exception):
    """The queries took longer than they may; nothing is known."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` where the reading inside takes longer than so many seconds; on PostgreSQL,
    where one statement does, until the transaction ends."""
    session = db.session()
    connection = session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    try:
        if is_sqlite:
            until = time.monotonic() + seconds
            driver = connection.connection.driver_connection
            driver.set_progress_handler(  # type: ignore[union-attr]
                lambda: time.monotonic() > until, _INSTRUCTIONS
            )
        else:
            limit = {"limit": str(int(seconds * 1000))}
            session.execute(text("SELECT set_config('statement_timeout', :limit, true)"), limit)
        yield
    except OperationalError as error:
        session.rollback()
        if _is_over(error):
            raise TooSlow from error
        raise
    finally:
        if is_sqlite:
            driver.set_progress_handler(None, 0)  # type: ignore[union-attr]


def _is_over(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", "") == "57014" or "interrupted" in str(error.orig)
