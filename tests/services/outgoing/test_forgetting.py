"""Forgetting a person and replaying what was told of them do not wait for each other."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import select

from plugin.models import OutgoingEvent, db
from plugin.models.transaction import transaction
from plugin.services.sync.lifecycle import erase
from tests.gateways.scripted_server import ScriptedServer
from tests.services.linkage.test_races import is_waiting, rival
from tests.services.outgoing.receiving import PATH, listen
from tests.services.outgoing.test_send import tell
from tests.support.people import contact_of, linked
from tests.support.processes import wait_until
from tests.support.world import Tenant, World

__all__ = ["rival"]
pytestmark = pytest.mark.both_databases


def test_who_is_forgotten_waits_for_a_replay(
    world: World, alice: Tenant, hooks: ScriptedServer, rival: psycopg.Connection
) -> None:
    listen(world, alice, hooks.url + PATH)
    friend_id, row = linked(world, alice)
    for number in range(3):
        tell(world, alice, number, friend_id)

    def forget() -> None:
        with world.app.app_context(), transaction():
            erase(contact_of(row), "contact.privacyDeletion")

    # As a replay: the receiver first, then its deliveries in whatever order.
    rival.execute("SELECT 1 FROM webhook_receiver FOR NO KEY UPDATE")
    rival.execute("SELECT 1 FROM event_delivery ORDER BY id DESC LIMIT 1 FOR UPDATE")
    with ThreadPoolExecutor(1) as hand:
        done = hand.submit(forget)
        wait_until(lambda: is_waiting(rival), 20, "who forgets waits for the replay")
        rival.execute("UPDATE event_delivery SET attempts = 0")
        rival.commit()
        done.result(30)
    with world.app.app_context():
        events = db.session.scalars(
            select(OutgoingEvent).where(OutgoingEvent.friend_id == friend_id)
        )
        assert all(event.is_erased for event in events)
