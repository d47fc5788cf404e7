"""A worker that reads deliveries, stands still, and goes on when another one has sent them."""

import pytest
from sqlalchemy import select, text

from plugin.models import Delivery, db
from plugin.models.sending.delivery import mark_sending
from plugin.models.transaction import transaction
from plugin.services.sending.deliver_batch import deliver_many
from tests.actions.calls import arrived
from tests.support.crowd import gather, owe_messages
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def test_what_is_settled_meanwhile_is_not_tried_again(world: World, alice: Tenant) -> None:
    owe_messages(world, alice, gather(world, alice, 3).friend_ids)
    with world.app.app_context():
        read = list(db.session.scalars(select(Delivery).order_by(Delivery.id)))
        settle_behind_the_session(read[1].id)
        with transaction():
            marked = mark_sending(read, read[0].created_at)
        assert marked == [read[0], read[2]]
        assert states() == ["sending", "accepted", "sending"]
        assert all(one.maybe_sent and one.first_tried_at for one in marked)
        assert not read[1].maybe_sent


def test_a_whole_batch_that_is_settled_meanwhile_is_finished(world: World, alice: Tenant) -> None:
    owe_messages(world, alice, gather(world, alice, 3).friend_ids)
    with world.app.app_context():
        read = list(db.session.scalars(select(Delivery)))
        for one in read:
            settle_behind_the_session(one.id)
        # The session still holds the rows as they were.
        outcomes = deliver_many(world.deps, [one.id for one in read])
        assert outcomes == dict.fromkeys(one.id for one in read)
        assert states() == ["accepted"] * 3
    assert arrived(world) == []


def settle_behind_the_session(delivery_id: int) -> None:
    """As another worker does."""
    with db.engine.begin() as connection:
        statement = text("UPDATE delivery SET state = 'accepted', result = 'sent' WHERE id = :id")
        connection.execute(statement, {"id": delivery_id})


def states() -> list[str]:
    with db.engine.connect() as connection:
        return list(connection.scalars(text("SELECT state FROM delivery ORDER BY id")))
