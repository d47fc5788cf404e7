"""The migrations' order is read from their files, as Alembic reads it."""

from datetime import UTC, datetime
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from plugin.migrating import MIGRATIONS
from plugin.models.revision import known_revisions, newest_revision


def scripts() -> ScriptDirectory:
    """The migrations as `flask db` finds them."""
    config = Config(MIGRATIONS / "alembic.ini")
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def test_alembic_finds_the_same_migrations() -> None:
    found = scripts()
    assert known_revisions() == {script.revision for script in found.walk_revisions()}
    assert newest_revision() == found.get_current_head()


def test_a_new_migration_goes_into_the_folder_of_its_day() -> None:
    day = datetime(2027, 1, 2, tzinfo=UTC)
    versions = MIGRATIONS / "versions"
    path = Path(scripts()._rev_path(str(versions), "any", "New words", day))
    assert path == versions / "20270102/new_words.py"
