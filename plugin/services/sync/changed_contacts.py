"""Picks the contacts to pull again out of HubSpot's events."""

from collections.abc import Sequence

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.system.job import Claimed, enqueue
from plugin.models.system.webhook_event import WebhookEvent
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.id_properties import (
    USER_ID,
    IdProperties,
    id_properties_of,
    user_id_property,
)
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.sync.synced_schedule import note_changed_values


def note_property_changes(installation_id: int, events: Sequence[WebhookEvent]) -> None:
    """Mark contacts with a foreign change for pull, inside the caller's transaction."""
    id_properties = id_properties_of(installation_id)
    changes = [change for change in map(_property_change, events) if change is not None]
    note_changed_values(installation_id, changes)
    ids = {contact_id for contact_id, _, _ in changes}
    linkages, rows = (
        _linked_user_ids(installation_id, id_properties, ids),
        _contacts_by_id(installation_id, ids),
    )
    accounts = {user_id_property(account): account.id for account in id_properties.accounts}
    listened = set(id_properties.names([USER_ID]))
    for contact_id, name, value in changes:
        row, account_id = rows.get(contact_id), accounts.get(name)
        written = row.may_show(account_id) if row and account_id else [""]
        # A known value that we wrote is the echo of that write, and costs no read. Were it an
        # old event, the newer one would come too, and would not be an echo.
        is_news = value != linkages.get((contact_id, name), "") or value not in written
        if name in listened and is_news:
            get_or_create_contact(installation_id, contact_id).mark_for_pull()
            enqueue("check_contacts", installation_id, installation_id)
    for event in events:
        event.handled_at = utcnow()


def _contacts_by_id(installation_id: int, contact_ids: set[int]) -> dict[int, Contact]:
    statement = select(Contact).where(
        Contact.installation_id == installation_id, Contact.contact_id.in_(contact_ids)
    )
    return {contact.contact_id: contact for contact in db.session.scalars(statement)}


def _property_change(event: WebhookEvent) -> tuple[int, str, str] | None:
    """Return contact id, property and value; None if the event is unreadable."""
    payload = event.payload
    contact_id, name = payload.get("objectId"), payload.get("propertyName")
    value = payload.get("propertyValue")
    if type(contact_id) is not int or not 0 < contact_id < 2**63 or not isinstance(name, str):
        return None
    return contact_id, name, "" if value is None else str(value).strip()


def _linked_user_ids(
    installation_id: int, id_properties: IdProperties, contact_ids: set[int]
) -> dict[tuple[int, str], str]:
    """By HubSpot contact id and property: the linked friend's LINE user id."""
    names = {
        account.id: [user_id_property(account), *id_properties.imported.get(account.id, [])]
        for account in id_properties.accounts
    }
    columns = select(Contact.contact_id, Linkage.official_account_id, Friend.line_user_id)
    statement = columns.join_from(Contact, Linkage).join(Friend, Linkage.friend_id == Friend.id)
    statement = statement.where(
        Contact.installation_id == installation_id, Contact.contact_id.in_(contact_ids)
    )
    return {
        (contact_id, name): user_id
        for contact_id, account_id, user_id in db.session.execute(statement).tuples()
        for name in names.get(account_id, [])
    }


CREATION = ("object.creation", "contact.creation")


def enqueue_created(installation_id: int, events: Sequence[WebhookEvent]) -> None:
    """Enqueue one read of all contacts new to Musubi, inside the caller's transaction."""
    object_ids = [event.payload.get("objectId") for event in events]
    for event in events:
        event.handled_at = utcnow()
    ids = {
        contact_id
        for contact_id in object_ids
        if type(contact_id) is int and 0 < contact_id < 2**63
    }
    # Musubi made the known ones itself, or has read them since.
    new = sorted(ids - Contact.of_portal_many(installation_id, ids).keys())
    if new:
        enqueue("created_contacts", events[0].id, installation_id, {"ids": new})


def read_created(deps: Dependencies, job: Claimed) -> None:
    """Mark up to a hundred new contacts for pull if they have an id; raise `GatewayError` on a
    pause."""
    names = id_properties_of(job.tenant_id).names([USER_ID])
    if not names:
        return
    ids = [str(contact_id) for contact_id in job.payload["ids"]]
    records = deps.gateways.hubspot.read_contacts(
        portal_access(deps, job.tenant_id), ids, names
    ).records
    with_id = [record.contact_id for record in records if any(map(record.properties.get, names))]
    if not with_id:
        return
    with transaction():
        for contact_id in with_id:
            get_or_create_contact(job.tenant_id, contact_id).mark_for_pull()
        enqueue("check_contacts", job.tenant_id, job.tenant_id)
