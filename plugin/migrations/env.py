"""How Alembic meets the database: the application's own engine and models."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from plugin.models.base import Sealed, UTCDateTime, db
from plugin.models.limits import lift_limits
from plugin.models.migration_lock import file_lock, session_lock

# Migrations outlive the models, so they name plain columns.
PLAIN = {Sealed: "sa.Text()", UTCDateTime: "sa.DateTime(timezone=True)"}


def render_item(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """Write our own column types as what the database sees."""
    return PLAIN.get(type(item)) or False if kind == "type" else False


def run() -> None:
    """Bring the connected database up, one transaction for all steps, one process at a time."""
    migrate = current_app.extensions["migrate"]
    with file_lock(db.engine), db.engine.connect() as connection:
        # First, so that waiting for another process's migration has no limit.
        lift_limits(connection)
        session_lock(connection)
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=render_item,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        # Nobody else works without limits because this connection goes back to the pool.
        connection.invalidate()


run()
