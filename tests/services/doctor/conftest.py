"""The healthy tenant that every test of the doctor begins with."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from plugin.models.revision import newest_revision
from plugin.models.transaction import transaction
from tests.services.doctor.rig import Rig, healthy
from tests.support.world import Socket, Tenant, World


@pytest.fixture
def rig(world: World, alice: Tenant, musubi_socket: Socket) -> Iterator[Rig]:
    with healthy(world, alice, musubi_socket) as made:
        yield made
    # PostgreSQL's one database is emptied for the next test, its version of the tables is kept.
    with world.app.app_context(), transaction() as session:
        version = text("UPDATE alembic_version SET version_num = :newest")
        session.execute(version, {"newest": newest_revision()})
