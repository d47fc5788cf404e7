"""What HubSpot's events change, and what they do not."""

from typing import Any

import pytest
from sqlalchemy import func, select

from plugin.models import HistoryEntry, Linkage, WebhookEvent, db
from tests.support.people import contact_of, linked
from tests.support.signing import hubspot_post
from tests.support.world import ALICE, PORTAL, Tenant, World

pytestmark = pytest.mark.both_databases


def event(kind: str, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "eventId": number,
        "subscriptionId": 7,
        "portalId": PORTAL,
        "appId": 1000001,
        "occurredAt": 1790000000000 + number,
        "subscriptionType": kind,
        "attemptNumber": 0,
        "objectId": ALICE,
        **more,
    }


def post(world: World, events: Any, version: str = "v3") -> int:
    return hubspot_post(f"{world.url}/hubspot/webhooks", events, version).status_code


def counts(world: World) -> tuple[int, int]:
    with world.app.app_context():
        ties = db.session.scalar(select(func.count()).select_from(Linkage)) or 0
        events = db.session.scalar(select(func.count()).select_from(WebhookEvent)) or 0
        return ties, events


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_a_deleted_contact_is_untied_with_a_line_in_the_ledger(
    world: World, alice: Tenant, version: str
) -> None:
    _, contact_row = linked(world, alice)
    world.work()
    assert post(world, [event("object.deletion")], version) == 200
    world.work()
    assert counts(world)[0] == 0
    with world.app.app_context():
        assert contact_of(contact_row).deleted_at is not None
        deeds = db.session.scalars(select(HistoryEntry.event_type).order_by(HistoryEntry.id)).all()
        assert deeds == ["linked", "unlinked"]


def test_privacy_deletion_forgets_the_contact(world: World, alice: Tenant) -> None:
    _, contact_row = linked(world, alice)
    with world.app.app_context():
        contact_of(contact_row)
    assert post(world, [event("contact.privacyDeletion")]) == 200
    world.work()
    with world.app.app_context():
        contact = contact_of(contact_row)
        assert (contact.email, contact.firstname, contact.lastname) == ("", "", "")
    assert counts(world)[0] == 0


def test_a_repeated_event_is_kept_once(world: World, alice: Tenant) -> None:
    same = event("object.deletion")
    post(world, [same, same])
    post(world, [{**same, "attemptNumber": 3}])
    assert counts(world)[1] == 1
    post(world, [event("object.deletion", 2)])
    assert counts(world)[1] == 2


def test_unknown_kinds_portals_and_shapes_are_let_pass(world: World, alice: Tenant) -> None:
    linked(world, alice)
    odd: list[Any] = [
        event("object.never_heard_of"),
        event("object.deletion", 5, portalId=999),
        event("object.deletion", 6, objectId="text"),
        event("object.deletion", 7, objectId=None),
        event("object.deletion", 8, objectId=10**30),
        event("object.deletion", 9, occurredAt=10**30, objectId=12),
        event("object.creation", 10, objectId=[ALICE]),
        event("object.propertyChange\0", 11, propertyName="x", propertyValue="\0\ud800"),
        "text",
        None,
        {},
    ]
    assert post(world, odd) == 200
    assert post(world, {"not": "a list"}) == 200
    assert post(world, b"") == 200
    world.work()
    # The work itself changes contacts, of which HubSpot tells too.
    world.sandbox.quiet()
    world.work()
    assert counts(world)[0] == 1
    with world.app.app_context():
        assert None not in db.session.scalars(select(WebhookEvent.handled_at)).all()


@pytest.mark.parametrize("version", ["none", "v2"])
def test_who_does_not_sign_is_refused(world: World, alice: Tenant, version: str) -> None:
    assert post(world, [event("object.deletion")], version) == 401
    assert counts(world)[1] == 0
