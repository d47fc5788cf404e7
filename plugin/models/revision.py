"""The schema versions of the database and of this Musubi."""

from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from plugin.models.base import db

MIGRATIONS = Path(__file__).parents[1] / "migrations"


@cache
def known_revisions() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())


@cache
def newest_revision() -> str:
    return _scripts().get_current_head() or ""


def database_revision() -> str:
    """Return "" where there are no tables."""
    if not inspect(db.session.connection()).has_table("alembic_version"):
        return ""
    return db.session.scalar(text("SELECT version_num FROM alembic_version")) or ""


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))
