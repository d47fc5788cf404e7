"""Inside a transaction a row is as it stands in the database, however it is asked for."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from plugin.models import Friend, db
from plugin.models.transaction import transaction
from tests.support.people import linked
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases
WAYS: dict[str, Callable[[int], Friend | None]] = {
    "session.get": lambda row_id: db.session().get(Friend, row_id),
    "session.get_one": lambda row_id: db.session().get_one(Friend, row_id),
    "db.session.get": lambda row_id: db.session.get(Friend, row_id),
    "db.session.get_one": lambda row_id: db.session.get_one(Friend, row_id),
}


def rename(world: World, name: str) -> None:
    """Another request, with a session of its own."""
    with world.app.app_context(), transaction() as session:
        statement = update(Friend).values(display_name=name)
        session.execute(statement.execution_options(synchronize_session=False))


@pytest.mark.parametrize("way", WAYS)
def test_a_row_read_before_is_read_anew(world: World, alice: Tenant, way: str) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        known = db.session.get_one(Friend, friend_id)
        assert known.display_name != "Changed meanwhile"
        rename(world, "Changed meanwhile")
        with transaction():
            friend = WAYS[way](friend_id)
            assert friend is known
            assert friend.display_name == "Changed meanwhile"
        with transaction():
            friend = WAYS[way](friend_id)
            assert friend is not None
            friend.display_name = "Changed here"
            # What is not stored yet is not lost either.
            assert WAYS[way](friend_id) is friend
            assert friend.display_name == "Changed here"
