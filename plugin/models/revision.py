"""The schema versions of the database and of this Musubi."""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import inspect, text

from plugin.models.base import db

_VERSIONS = Path(__file__).parents[1] / "migrations/versions"
# The two lines by which Alembic orders migrations; Alembic itself takes a fifth of a start to load.
_LINE = r"""^{}(?:: [^=]+)? = ["'](\w+)["']"""


def known_revisions() -> frozenset[str]:
    return frozenset(_parents())


@cache
def newest_revision() -> str:
    (newest,) = known_revisions() - set(_parents().values())
    return newest


@cache
def _parents() -> dict[str, str]:
    """Return each migration's id with that of the one before, "" for the first."""
    found = {}
    for path in _VERSIONS.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        found[_value(source, "revision")] = _value(source, "down_revision")
    return found


def _value(source: str, name: str) -> str:
    match = re.search(_LINE.format(name), source, re.MULTILINE)
    return match[1] if match else ""


def database_revision() -> str:
    """Return "" where there are no tables."""
    if not inspect(db.session.connection()).has_table("alembic_version"):
        return ""
    return db.session.scalar(text("SELECT version_num FROM alembic_version")) or ""
