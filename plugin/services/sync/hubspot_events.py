"""HubSpot's webhook events: stored before the response, handled afterwards."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import structlog
from sqlalchemy import delete, or_, select
from sqlalchemy.exc import DataError

from plugin.core.clock import utcnow
from plugin.core.object_types import is_contact
from plugin.models.connections.installation import REMOVED, Installation
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.list_import import ListImport
from plugin.models.people.contact import Contact
from plugin.models.system.inbox import take_in
from plugin.models.system.job import enqueue
from plugin.models.system.webhook_event import HUBSPOT, WebhookEvent
from plugin.models.transaction import affected, retried, transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.sync.changed_contacts import CREATION, enqueue_created, note_property_changes
from plugin.services.sync.contact_words import erase_words, erased_contact
from plugin.services.sync.lifecycle import erase, mark_deleted, restore
from plugin.services.sync.merges import merge_contacts
from plugin.services.sync.synced_schedule import is_kept

log = structlog.get_logger()
BATCH = 100
PROPERTY_CHANGE = ("object.propertyChange", "contact.propertyChange")
MERGE = ("object.merge", "contact.merge")


def store_hubspot_events(events: list[Any]) -> int:
    """Store new contact events of known portals; return how many were new."""
    by_portal: dict[int, list[dict[str, Any]]] = {}
    for event in events:
        if not isinstance(event, dict) or not is_contact(event.get("objectTypeId")):
            # The ids of deals, companies and other objects are no contacts'.
            continue
        portal_id = as_id(event.get("portalId"))
        if portal_id:
            by_portal.setdefault(portal_id, []).append(event)
    return sum(_store(portal_id, portal_events) for portal_id, portal_events in by_portal.items())


def handle_hubspot_events(installation_id: int) -> bool:
    """Handle one batch of a portal's events; return True if more are waiting."""
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        # The events stay, for when HubSpot is connected or resumed.
        return False
    events = WebhookEvent.unhandled(HUBSPOT, installation_id, BATCH)
    changes = [event for event in events if event.kind in PROPERTY_CHANGE]
    created = [event for event in events if event.kind in CREATION]
    with transaction():
        if changes:
            note_property_changes(installation_id, changes)
        if created:
            enqueue_created(installation_id, created)
    for event in events:
        if event.handled_at is None:
            _handle_safely(installation_id, event)
    return len(events) == BATCH


@retried
def _store(portal_id: int, events: Sequence[dict[str, Any]]) -> int:
    installation = Installation.of_portal(portal_id)
    if installation is None or installation.state == REMOVED:
        return 0
    # Most portals keep few of the properties whose changes the app hears of.
    names = {str(event["propertyName"]) for event in events if "propertyName" in event}
    ignored = names - is_kept(installation.id, sorted(names))
    rows = [
        _row(installation.id, event)
        for event in events
        if str(event.get("propertyName")) not in ignored
    ]
    return take_in(rows, "hubspot_inbox", installation.id, installation.id)


def _handle_safely(installation_id: int, event: WebhookEvent) -> None:
    try:
        with transaction():
            _handle(installation_id, event)
    except (DataError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        # One unreadable event must not hold up the others.
        log.warning("hubspot_event_unreadable", event_id=event.id, error=type(error).__name__)
        with transaction():
            event.error, event.handled_at = type(error).__name__, utcnow()


def _handle(installation_id: int, event: WebhookEvent) -> None:
    event.handled_at = utcnow()
    if event.kind in MERGE:
        _handle_merge(installation_id, event)
        return
    handler = HANDLERS.get(event.kind)
    contact_id = as_id(event.payload.get("objectId"))
    if handler is erase and contact_id:
        _erase_contact(installation_id, contact_id)
    contact = Contact.by_contact_id(installation_id, contact_id) if handler and contact_id else None
    if contact is None and contact_id and handler is restore:
        # The event of its deletion may come later, and is outdated then.
        contact = get_or_create_contact(installation_id, contact_id)
    if handler is None or contact is None:
        return
    if event.kind in LIFECYCLE_HANDLERS:
        # A merged contact has no life of its own: its id leads to the merge target.
        if event.occurred_ms < contact.lifecycle_ms or contact.merged_into_id is not None:
            return
        contact.lifecycle_ms = event.occurred_ms
    handler(contact, event.kind)


def _handle_merge(installation_id: int, event: WebhookEvent) -> None:
    payload = event.payload
    primary = as_id(payload.get("primaryObjectId")) or as_id(payload.get("objectId"))
    # A merge may create a third id, or keep the primary's.
    merge_target = as_id(payload.get("newObjectId")) or primary
    merged = payload.get("mergedObjectIds")
    merged_ids = [as_id(contact_id) for contact_id in merged] if isinstance(merged, list) else []
    if merge_target and primary:
        ids = [contact_id for contact_id in (merge_target, primary, *merged_ids) if contact_id]
        merge_contacts(installation_id, merge_target, ids)


def _erase_contact(installation_id: int, contact_id: int) -> None:
    """Erase a contact's words, even of one unknown to Musubi, and empty the database's log."""
    contact = erased_contact(installation_id, contact_id)
    _erase_values(installation_id, contact.ids)
    erase_words(contact)
    enqueue("truncate_log", "all", 0)


def _erase_values(installation_id: int, ids: Collection[int]) -> None:
    """Erase the property values in members of lists and in stored events."""
    imports = select(ListImport.id).where(ListImport.installation_id == installation_id)
    members = delete(ImportMember).where(
        ImportMember.list_import_id.in_(imports), ImportMember.contact_id.in_(ids)
    )
    keys = [f"{kind}|{contact_id}|" for kind in PROPERTY_CHANGE for contact_id in ids]
    events = delete(WebhookEvent).where(
        WebhookEvent.source == HUBSPOT,
        WebhookEvent.owner_id == installation_id,
        or_(*(WebhookEvent.event_key.startswith(key, autoescape=True) for key in keys)),
    )
    for statement in (members, events):
        affected(statement.execution_options(synchronize_session=False))


def as_id(value: object) -> int:
    """Return HubSpot's record id, or 0 if the value is none."""
    return value if type(value) is int and 0 < value < 2**63 else 0


LIFECYCLE_HANDLERS: dict[str, Callable[[Contact, str], None]] = {
    "object.deletion": mark_deleted,
    "contact.deletion": mark_deleted,
    "object.restore": restore,
    "contact.restore": restore,
}
HANDLERS: dict[str, Callable[[Contact, str], None]] = {
    **LIFECYCLE_HANDLERS,
    "contact.privacyDeletion": erase,
}


def _row(installation_id: int, event: dict[str, Any]) -> dict[str, Any]:
    # eventId alone is not unique (HubSpot's webhooks guide). `_erase_values` searches this key.
    names = ("subscriptionType", "objectId", "eventId", "occurredAt", "propertyName")
    return {
        "source": HUBSPOT,
        "owner_id": installation_id,
        "event_key": "|".join(str(event.get(name, "")) for name in names)[:255],
        "kind": str(event.get("subscriptionType", ""))[:60],
        "occurred_ms": WebhookEvent.time_of(event.get("occurredAt")),
        "payload": event,
        "received_at": utcnow(),
    }
