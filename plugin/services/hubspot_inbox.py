"""HubSpot's events: kept before HubSpot is answered, handled afterwards."""

from collections.abc import Callable
from typing import Any

import structlog

from plugin.core.clock import utcnow
from plugin.models.base import transaction
from plugin.models.inbox import HUBSPOT, WebhookEvent
from plugin.models.installation import Installation
from plugin.models.job import plant
from plugin.models.people import Contact, Linkage
from plugin.services.link_friend import untie

log = structlog.get_logger()
BATCH = 100


def keep_hubspot_events(events: list[Any]) -> int:
    """Store what is new, each with its portal; answers how many were. Unknown portals: none."""
    by_portal: dict[int, list[dict[str, Any]]] = {}
    for event in events:
        if isinstance(event, dict) and isinstance(event.get("portalId"), int):
            by_portal.setdefault(event["portalId"], []).append(event)
    return sum(_keep(portal_id, some) for portal_id, some in by_portal.items())


def handle_hubspot_events(installation_id: int) -> bool:
    """Handle one batch of a portal's events; True where more wait."""
    events = WebhookEvent.unhandled(HUBSPOT, installation_id, BATCH)
    for event in events:
        with transaction():
            _handle(installation_id, event)
    return len(events) == BATCH


def _keep(portal_id: int, events: list[dict[str, Any]]) -> int:
    installation = Installation.of_portal(portal_id)
    if installation is None:
        return 0
    rows = [_row(installation.id, event) for event in events]
    with transaction():
        new = WebhookEvent.keep(rows)
        if new:
            plant("hubspot_inbox", installation.id, installation.id)
    return new


def _handle(installation_id: int, event: WebhookEvent) -> None:
    handler = HANDLERS.get(event.kind)
    contact_id = event.payload.get("objectId")
    if handler is not None and isinstance(contact_id, int) and 0 < contact_id < 2**63:
        contact = Contact.of_portal(installation_id, contact_id)
        if contact is not None:
            handler(contact, event.kind)
    event.handled_at = utcnow()


def _deleted(contact: Contact, cause: str) -> None:
    """The contact is gone, so there is nothing left to tie; the friend stays."""
    for linkage in Linkage.of_contacts([contact.id]):
        untie(linkage, actor=f"hubspot:{cause}", method="property")
    contact.deleted_at = utcnow()
    contact.mirror_owed = False


def _erased(contact: Contact, cause: str) -> None:
    """A person asked HubSpot to be forgotten: what we knew of the contact goes too."""
    _deleted(contact, cause)
    contact.email = contact.firstname = contact.lastname = ""


def _restored(contact: Contact, _cause: str) -> None:
    contact.deleted_at = None


HANDLERS: dict[str, Callable[[Contact, str], None]] = {
    "object.deletion": _deleted,
    "contact.deletion": _deleted,
    "object.restore": _restored,
    "contact.restore": _restored,
    "contact.privacyDeletion": _erased,
}


def _row(installation_id: int, event: dict[str, Any]) -> dict[str, Any]:
    # eventId alone is not unique (HubSpot's webhooks guide).
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
