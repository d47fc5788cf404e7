"""Musubi's contact properties in HubSpot."""

from collections.abc import Collection

from plugin.core.clock import utcnow
from plugin.core.properties import GROUP, named
from plugin.gateways import GatewayError, PropertiesError, PropertyDefinition, PropertyFault
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.id_properties import user_id_property
from plugin.services.contacts.line_properties import line_properties
from plugin.services.contacts.outbox import mark_account_for_push
from plugin.services.contacts.property_troubles import replace_structural


def ensure_properties(deps: Dependencies, installation_id: int) -> None:
    """Create or adopt the LINE properties of every account. Raise `GatewayError`."""
    accounts = OfficialAccount.list_owned(installation_id)
    definitions = line_properties(accounts)
    try:
        created, faults = _create_definitions(deps, installation_id, definitions)
    except GatewayError as error:
        if error.permanent and error.reason != "revoked":
            _note_error(installation_id, error.message)
        raise
    with transaction():
        names = [definition.name for definition in definitions]
        usable_again = replace_structural(installation_id, names, faults)
        for account in accounts:
            _mark_for_push(account, {*created, *usable_again}, created)
        installation = Installation.by_id(installation_id)
        if installation is not None:
            installation.properties_ready_at, installation.properties_error = utcnow(), ""


def _create_definitions(
    deps: Dependencies, installation_id: int, definitions: list[PropertyDefinition]
) -> tuple[set[str], list[PropertyFault]]:
    """Return the names that were created, and the faults of unusable ones."""
    created, faults = set[str](), list[PropertyFault]()
    access = portal_access(deps, installation_id)
    while definitions:
        try:
            created.update(deps.gateways.hubspot.ensure_properties(access, GROUP, definitions))
            break
        except PropertiesError as error:
            # Writes leave unusable properties out, and show HubSpot's message.
            created.update(error.created)
            faults += error.faults
            unusable = {fault.name for fault in error.faults}
            definitions = [
                definition for definition in definitions if definition.name not in unusable
            ]
    return created, faults


def _mark_for_push(
    account: OfficialAccount, changed: Collection[str], created: Collection[str]
) -> None:
    """Mark contacts for push where a property was created, or is writable again."""
    own = {definition.name for definition in named(account.property_suffix)}
    if own & set(changed):
        mark_account_for_push(account, recreated=user_id_property(account) in created)


def _note_error(installation_id: int, message: str) -> None:
    with transaction():
        installation = Installation.by_id(installation_id)
        if installation is not None:
            installation.properties_error = message[:500]
