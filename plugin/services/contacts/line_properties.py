"""The definitions of a portal's LINE properties, as HubSpot is asked for them."""

from collections.abc import Iterable

from plugin.core.properties import named
from plugin.gateways import PropertyDefinition
from plugin.models.connections.official_account import OfficialAccount


def line_properties(accounts: Iterable[OfficialAccount]) -> list[PropertyDefinition]:
    """Return those of the accounts; those without a suffix are there before any account."""
    suffixes = ("", *(account.property_suffix for account in accounts if account.property_suffix))
    return [
        PropertyDefinition(fact.name, fact.label, fact.type, fact.field_type, "", fact.options)
        for suffix in suffixes
        for fact in named(suffix)
    ]
