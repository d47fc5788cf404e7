"""Messages as one friend would get them now, for a preview; nothing is sent or stored."""

from collections.abc import Sequence
from typing import Any

from plugin.core.messages.checks import check_messages
from plugin.core.messages.part import count_clusters
from plugin.core.messages.personalise import PropertyValues, fill, property_names
from plugin.models.people.friend import Friend
from plugin.models.transaction import close_reads
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.known_properties import shapes_for
from plugin.services.contacts.property_words import words_for

# Seconds to wait for another worker's token refresh.
TOKEN_TIMEOUT = 3.0


def messages_for(
    deps: Dependencies, friend: Friend, messages: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Fill the tokens with what HubSpot holds of the friend's contact. Raise `InvalidMessage` where
    a value is missing or does not fit, `GatewayError` where HubSpot cannot be asked."""
    names = property_names(messages)
    values: PropertyValues | dict[str, str] = {}
    if names and friend.linkage is not None:
        values = _values(deps, friend, friend.linkage.contact.contact_id, names)
    filled = fill(messages, values)
    check_messages(filled, count_clusters)
    return filled


def _values(
    deps: Dependencies, friend: Friend, contact_id: int, names: list[str]
) -> PropertyValues:
    installation, language = friend.official_account.installation, friend.language
    access = portal_access(deps, installation.id, TOKEN_TIMEOUT)
    close_reads()
    found = deps.gateways.hubspot.read_contacts(access, [str(contact_id)], names)
    record = next((row for row in found.records if row.contact_id == contact_id), None)
    properties = record.properties if record else {}
    known = {name: {text} for name in names if (text := (properties.get(name) or "").strip())}
    return words_for(properties, shapes_for(deps, access, installation, known), language)
