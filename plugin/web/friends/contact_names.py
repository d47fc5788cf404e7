"""Contacts of the history, by their names as far as they are known."""

from collections.abc import Iterable

from plugin.models.people.contact import Contact
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.web.session import tenant


def contact_names(contact_ids: Iterable[int]) -> dict[int, str]:
    """Return names, or e-mail addresses, by HubSpot id; after a merge those of the survivor."""
    contacts = Contact.of_portal_many(tenant(), set(contact_ids))
    names = {key: row.name or row.email for key, row in contacts.items()}
    return {key: name for key, name in names.items() if name}


def names_in(history: Iterable[HistoryEntry]) -> dict[int, str]:
    """Return the same for all contacts of some entries, before and after."""
    entries = list(history)
    before = [entry.before.get("contact_id") for entry in entries]
    return contact_names([entry.contact_id for entry in entries] + [key for key in before if key])
