"""Connections that the database closed while nobody used them."""

import pytest
from freezegun import freeze_time
from sqlalchemy import text

from plugin.core.clock import utcnow
from plugin.models import Installation, db
from tests.support.world import PORTAL, Tenant, World

pytestmark = pytest.mark.both_databases


def test_a_restart_of_the_database_is_not_noticed_by_who_comes_later(
    world: World, alice: Tenant
) -> None:
    with world.app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has no server to restart")
        assert Installation.of_portal(PORTAL) is not None
        db.session.remove()
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        terminate = text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")  # noqa: S608
        with db.engine.connect() as first, db.engine.connect() as killer:
            first.execute(text("SELECT 1"))
            assert killer.scalars(terminate).all().count(True) >= 1
            first.invalidate()
    # A moment later: what was used just now is not asked again.
    with freeze_time(utcnow()), world.app.app_context():
        assert Installation.of_portal(PORTAL) is not None
