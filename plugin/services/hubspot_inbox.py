"""HubSpot's events: kept before HubSpot is answered, handled afterwards."""

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from sqlalchemy import delete, or_, select

from plugin.core.clock import utcnow
from plugin.models.base import affected, repeated, transaction
from plugin.models.inbox import HUBSPOT, WebhookEvent
from plugin.models.installation import REMOVED, Installation
from plugin.models.job import plant
from plugin.models.list_import import ImportMember, ListImport
from plugin.models.people import Contact
from plugin.services.contact_life import bury, forget, revive
from plugin.services.created_contacts import CREATION, owe_created
from plugin.services.link_friend import contact_row
from plugin.services.merge_contacts import merge_contacts
from plugin.services.property_events import note_property_changes

log = structlog.get_logger()
BATCH = 100
PROPERTY_CHANGE = ("object.propertyChange", "contact.propertyChange")
MERGE = ("object.merge", "contact.merge")


def keep_hubspot_events(events: list[Any]) -> int:
    """Store what is new, each with its portal; answers how many were. Unknown portals: none."""
    by_portal: dict[int, list[dict[str, Any]]] = {}
    for event in events:
        if isinstance(event, dict) and isinstance(event.get("portalId"), int):
            by_portal.setdefault(event["portalId"], []).append(event)
    return sum(_keep(portal_id, some) for portal_id, some in by_portal.items())


def handle_hubspot_events(installation_id: int) -> bool:
    """Handle one batch of a portal's events; True where more wait.

    While HubSpot is paused or disconnected they stay as they are, for when it goes on.
    """
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return False
    events = WebhookEvent.unhandled(HUBSPOT, installation_id, BATCH)
    changes = [event for event in events if event.kind in PROPERTY_CHANGE]
    created = [event for event in events if event.kind in CREATION]
    with transaction():
        if changes:
            note_property_changes(installation_id, changes)
        if created:
            owe_created(installation_id, created)
    for event in events:
        if event.handled_at is None:
            with transaction():
                _handle(installation_id, event)
    return len(events) == BATCH


@repeated
def _keep(portal_id: int, events: Sequence[dict[str, Any]]) -> int:
    installation = Installation.of_portal(portal_id)
    if installation is None or installation.state == REMOVED:
        return 0
    rows = [_row(installation.id, event) for event in events]
    with transaction():
        new = WebhookEvent.keep(rows)
        if new:
            plant("hubspot_inbox", installation.id, installation.id)
    return new


def _handle(installation_id: int, event: WebhookEvent) -> None:
    event.handled_at = utcnow()
    if event.kind in MERGE:
        _merged(installation_id, event)
        return
    handler = HANDLERS.get(event.kind)
    contact_id = as_id(event.payload.get("objectId"))
    if handler is forget and contact_id:
        _forget_told(installation_id, contact_id)
    contact = Contact.exactly(installation_id, contact_id) if handler and contact_id else None
    if contact is None and contact_id and handler is revive:
        # Its deletion may be told later, and is too old then.
        contact = contact_row(installation_id, contact_id)
    if handler is None or contact is None:
        return
    if event.kind in LIFE:
        # What went into another contact has no life of its own: its id leads to the other one.
        if event.occurred_ms < contact.life_ms or contact.merged_into_id is not None:
            return
        contact.life_ms = event.occurred_ms
    handler(contact, event.kind)


def _merged(installation_id: int, event: WebhookEvent) -> None:
    """A merge may make a third id, or keep the primary's."""
    told = event.payload
    primary = as_id(told.get("primaryObjectId")) or as_id(told.get("objectId"))
    survivor = as_id(told.get("newObjectId")) or primary
    merged = told.get("mergedObjectIds")
    others = [as_id(one) for one in merged] if isinstance(merged, list) else []
    if survivor and primary:
        ids = [one for one in (survivor, primary, *others) if one]
        merge_contacts(installation_id, survivor, ids)


def _forget_told(installation_id: int, contact_id: int) -> None:
    """What lists and events told of the contact's properties, whether or not we ever met it."""
    known = Contact.exactly(installation_id, contact_id)
    ids = {contact_id, *(Contact.with_ancestors([known]) if known else ())}
    imports = select(ListImport.id).where(ListImport.installation_id == installation_id)
    members = delete(ImportMember).where(
        ImportMember.list_import_id.in_(imports), ImportMember.contact_id.in_(ids)
    )
    keys = [f"{kind}|{one}|" for kind in PROPERTY_CHANGE for one in ids]
    told = delete(WebhookEvent).where(
        WebhookEvent.source == HUBSPOT,
        WebhookEvent.owner_id == installation_id,
        or_(*(WebhookEvent.event_key.startswith(key, autoescape=True) for key in keys)),
    )
    for statement in (members, told):
        affected(statement.execution_options(synchronize_session=False))


def as_id(told: object) -> int:
    """HubSpot's record id, or 0 where what was told is none."""
    return told if isinstance(told, int) and 0 < told < 2**63 else 0


LIFE: dict[str, Callable[[Contact, str], None]] = {
    "object.deletion": bury,
    "contact.deletion": bury,
    "object.restore": revive,
    "contact.restore": revive,
}
HANDLERS: dict[str, Callable[[Contact, str], None]] = {**LIFE, "contact.privacyDeletion": forget}


def _row(installation_id: int, event: dict[str, Any]) -> dict[str, Any]:
    # eventId alone is not unique (HubSpot's webhooks guide). `_forget_told` finds events by it.
    names = ("subscriptionType", "objectId", "eventId", "occurredAt", "propertyName")
    return {
        "source": HUBSPOT,
        "owner_id": installation_id,
        "event_key": "|".join(str(event.get(name, "")) for name in names)[:255],
        "kind": str(event.get("subscriptionType", ""))[:60],
        "occurred_ms": WebhookEvent.time_of(event.get("occurredAt")),
        "payload": event,
        "received_at": utcnow(),
        "error": "",
    }
