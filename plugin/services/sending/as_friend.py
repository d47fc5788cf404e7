"""Messages as one friend would get them now; nothing is sent or stored."""

from collections.abc import Iterable, Sequence
from typing import Any

from plugin.core.messages.checks import check_messages
from plugin.core.messages.part import InvalidMessage, count_clusters
from plugin.core.messages.personalise import PropertyValues, fill, sample
from plugin.core.text.sentences import Sentence
from plugin.models.people.friend import Friend
from plugin.models.transaction import close_reads
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.known_properties import shapes_for
from plugin.services.contacts.property_words import words_for

# Seconds to wait for another worker's token refresh.
TOKEN_TIMEOUT = 3.0


def values_for(deps: Dependencies, friend: Friend, names: Iterable[str]) -> PropertyValues:
    """Return what HubSpot holds of the friend's contact, nothing of one that is not linked. Raise
    `GatewayError` where HubSpot cannot be asked."""
    wanted = list(dict.fromkeys(names))
    if not wanted or friend.linkage is None:
        return PropertyValues({})
    contact_id = friend.linkage.contact.contact_id
    installation, language = friend.official_account.installation, friend.language
    access = portal_access(deps, installation.id, TOKEN_TIMEOUT)
    close_reads()
    found = deps.gateways.hubspot.read_contacts(access, [str(contact_id)], wanted)
    record = next((row for row in found.records if row.contact_id == contact_id), None)
    properties = record.properties if record else {}
    known = {name: {text} for name in wanted if (text := (properties.get(name) or "").strip())}
    return words_for(properties, shapes_for(deps, access, installation, known), language)


def refusal(messages: Sequence[dict[str, Any]], values: PropertyValues) -> Sentence | None:
    """Return why a friend with these values would get nothing, None where they would, or where the
    messages could go to nobody."""
    try:
        check_messages(sample(messages), count_clusters)
    except InvalidMessage:
        return None
    try:
        check_messages(fill(messages, values), count_clusters)
    except InvalidMessage as error:
        return error.problem
    return None
