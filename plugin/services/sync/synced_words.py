"""What is kept of a contact, in words for people."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from plugin.core.synced_values import is_cut
from plugin.gateways import PropertyShape
from plugin.models.audience.contact_values import ContactValues
from plugin.models.audience.synced_list import REMOVED, ListMembership, SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.base import db
from plugin.models.people.contact import Contact
from plugin.services.contacts.known_properties import Shapes
from plugin.services.contacts.property_words import words_for


class KeptValue(NamedTuple):
    """A property's label and value; `text` is "" where the contact has none."""

    name: str
    label: str
    text: str
    is_cut: bool


def kept_values(contact: Contact, zone: str, language: str) -> list[KeptValue]:
    """Return the chosen properties of a contact, in the order of their choice."""
    properties = SyncedProperty.list_owned(contact.installation_id)
    row = db.session.get(ContactValues, contact.id, populate_existing=True) if properties else None
    values = row.values if row is not None else {}
    shapes = {each.name: _shape(each) for each in properties}
    owners = {
        key: name for each in properties if each.of_owners for key, name in map(tuple, each.labels)
    }
    shown = words_for(dict(values), Shapes(shapes, owners, zone), language).shown
    return [
        # An owner without a name that HubSpot shows is an id all the same.
        KeptValue(
            each.name,
            each.label or each.name,
            shown.get(each.name) or values.get(each.name, ""),
            is_cut(values.get(each.name, "")),
        )
        for each in properties
    ]


def kept_lists(contact: Contact) -> Sequence[tuple[ListMembership, SyncedList]]:
    """Return the synced lists that the contact is in, or was in, the newest first."""
    statement = select(ListMembership, SyncedList).join(SyncedList)
    statement = statement.where(
        ListMembership.contact_row_id == contact.id, SyncedList.state != REMOVED
    )
    rows = db.session.execute(statement.order_by(ListMembership.joined_at.desc()))
    return rows.tuples().all()


def _shape(row: SyncedProperty) -> PropertyShape:
    labels = {str(value): str(label) for value, label in row.labels}
    return PropertyShape(row.name, row.type, row.field_type, labels, row.of_owners)
