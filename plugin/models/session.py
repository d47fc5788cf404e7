"""The session: a transaction reads rows anew, and a lost race is recognisable."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import ORMExecuteState, Session

# PostgreSQL's codes for a transaction that it undid because of others: a deadlock, a serialization
# failure, and a row that another transaction inserted first.
POSTGRESQL_LOST = ("40P01", "40001", "23505")
# SQLite's names for the same. It lets one write at a time, so it has no deadlocks. A plain
# SQLITE_BUSY is none of them: it has waited for the whole of its time-out already.
SQLITE_LOST = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_BUSY_SNAPSHOT")


class LostRace(Exception):
    """A write met no row: it changed after it was read. `transaction.retried` tries again."""


class WritingSession(Session):
    """Rows stay loaded after a commit; a transaction must not see them as they were then."""

    def get(self, *args: Any, **kwargs: Any) -> Any:
        if reads_anew(self):
            # `get_one`, and `db.session`, hand on a False that nobody wrote.
            kwargs["populate_existing"] = True
        return super().get(*args, **kwargs)


def reads_anew(session: Any) -> bool:
    # Reading anew would lose changes that are not flushed first.
    return bool(session.info.get("writing")) and session.autoflush and not session._flushing


def is_lost_race(error: Exception) -> bool:
    if isinstance(error, LostRace):
        return True
    original = error.orig if isinstance(error, DBAPIError) else None
    code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    return code in POSTGRESQL_LOST or code in SQLITE_LOST


@event.listens_for(WritingSession, "do_orm_execute")
def _read_anew(state: ORMExecuteState) -> None:
    if state.is_select and not state.is_column_load and reads_anew(state.session):
        state.update_execution_options(populate_existing=True)
