"""The migrations' order is read from their files, as Alembic reads it."""

from alembic.script import ScriptDirectory

from plugin.migrating import MIGRATIONS
from plugin.models.revision import known_revisions, newest_revision


def test_alembic_finds_the_same_migrations() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert known_revisions() == {script.revision for script in scripts.walk_revisions()}
    assert newest_revision() == scripts.get_current_head()
