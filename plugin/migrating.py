"""Alembic, loaded only where the database is brought up or `flask db` asks for it."""

from pathlib import Path

from flask import Flask, current_app

from plugin.models.base import db

MIGRATIONS = Path(__file__).parent / "migrations"


def wire_migrations(app: Flask) -> None:
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)


def upgrade_database(revision: str = "head") -> None:
    """Run the migrations up to this one."""
    from flask_migrate import upgrade

    if "migrate" not in current_app.extensions:
        wire_migrations(current_app._get_current_object())  # type: ignore[attr-defined]
    upgrade(revision=revision)
