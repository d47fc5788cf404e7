"""Events that were written before get their contacts and their time, and lose them again."""

import json

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from plugin.core.clock import utcnow
from plugin.migrating import wire_migrations
from plugin.models import OutgoingEvent, db
from plugin.models.transaction import transaction
from tests.support.world import ALICE, BOB, Tenant, World

pytestmark = pytest.mark.both_databases
DATA = (
    {"contact_id": str(ALICE)},
    {"contact_id": None, "friend": "1"},
    {"contact_id": str(BOB), "from_contact_id": str(ALICE)},
    {"contact_id": str(BOB), "from_contact_id": ""},
    {"receiver": "1"},
)
_INSERT = text(
    "INSERT INTO outgoing_event (installation_id, key, type, at, data)"
    " VALUES (:tenant, :key, 'friend.moved', :at, :data)"
)


def test_contacts_and_times_are_filled_in(world: World, alice: Tenant) -> None:
    wire_migrations(world.app)
    with world.app.app_context():
        db.session.rollback()
        downgrade(revision="sent_when_read")
        with transaction() as session:
            for number, data in enumerate(DATA):
                row = {"tenant": alice.installation_id, "key": f"evt_{number}", "at": "2020-01-01"}
                session.execute(_INSERT, {**row, "data": json.dumps(data)})
        for _ in range(2):
            upgrade()
            events = db.session.query(OutgoingEvent).order_by(OutgoingEvent.id).all()
            assert [(event.contact_id, event.from_contact_id) for event in events] == [
                (ALICE, None), (None, None), (BOB, ALICE), (BOB, None), (None, None),
            ]  # fmt: skip
            assert [event.data for event in events] == list(DATA)
            assert all(abs((utcnow() - each.written_at).total_seconds()) < 90 for each in events)
            db.session.rollback()
            downgrade(revision="sent_when_read")
        upgrade()
