"""Synced properties as HubSpot defines them: renamed, retyped, archived, restored."""

from collections.abc import Mapping, Sequence

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, ListedProperty, Portal
from plugin.models.audience.property_sync import PropertySync
from plugin.models.audience.synced_property import (
    FINE,
    MISSING,
    REFUSED,
    RETYPED,
    SyncedProperty,
)
from plugin.models.connections.installation import Installation
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.known_properties import OWNER_SCOPE

# Reasons that concern what is asked for, not the access to HubSpot.
ABOUT_THE_PROPERTY = ("forbidden", "invalid", "refused", "not_found")


def check_definitions(deps: Dependencies, installation: Installation) -> None:
    """Read the definitions of what is chosen, owners' names, and the portal's time zone. Raise
    `GatewayError`."""
    access = portal_access(deps, installation.id)
    hubspot = deps.gateways.hubspot
    listed = {row.name: row for row in hubspot.listed_properties(access)}
    words = _words_of_missing(deps, access, installation.id, listed)
    owners = owner_names(deps, access, installation, list(listed.values()))
    zone = hubspot.account_details(access).time_zone
    with transaction():
        sync = PropertySync.held(installation.id)
        for row in SyncedProperty.list_owned(installation.id):
            definition = listed.get(row.name)
            if definition is None:
                row.state, row.error = MISSING, words.get(row.name, row.error)
            else:
                _follow(row, definition, owners, sync)
        sync.checked_at = utcnow()
        installation.time_zone = zone


def apply_definition(
    row: SyncedProperty, definition: ListedProperty, owners: Mapping[str, str]
) -> None:
    row.label, row.type = definition.label[:255], definition.type[:40]
    row.field_type, row.of_owners = definition.field_type[:40], definition.of_owners
    labels = owners.items() if definition.of_owners else definition.options
    row.labels = [[value, label] for value, label in labels]


def owner_names(
    deps: Dependencies,
    access: Portal,
    installation: Installation,
    definitions: Sequence[ListedProperty],
) -> Mapping[str, str]:
    """Return names by owner id, where a chosen property holds owners and HubSpot shows them."""
    chosen = SyncedProperty.readable(installation.id)
    held = any(row.of_owners and row.name in chosen for row in definitions)
    if not held or OWNER_SCOPE not in installation.scopes:
        return {}
    return deps.gateways.hubspot.owner_names(access)


def acknowledge(installation_id: int, property_id: int) -> None:
    """A person has seen that HubSpot renamed or retyped the property."""
    with transaction():
        PropertySync.held(installation_id)
        row = SyncedProperty.find_owned(installation_id, property_id)
        if row is not None:
            row.former_label = row.former_type = ""
            row.state = FINE if row.state == RETYPED else row.state


def note_refused(
    deps: Dependencies, installation_id: int, names: Sequence[str], contact_id: int
) -> bool:
    """Ask for each property alone, and store which of them HubSpot refuses, with its words; False
    where it refuses none."""
    access = portal_access(deps, installation_id)
    refused = refusals(deps, access, names, contact_id)
    with transaction():
        PropertySync.held(installation_id)
        for name, row in SyncedProperty.readable(installation_id).items():
            if name in refused:
                row.state, row.error = REFUSED, refused[name][:500]
    return bool(refused)


def refusals(
    deps: Dependencies, access: Portal, names: Sequence[str], contact_id: int
) -> dict[str, str]:
    """Return HubSpot's words by the name of each property that it does not let Musubi read."""
    refused: dict[str, str] = {}
    for name in names:
        try:
            deps.gateways.hubspot.read_contacts(access, [str(contact_id)], [name])
        except GatewayError as error:
            if error.reason not in ABOUT_THE_PROPERTY:
                raise
            refused[name] = error.message
    return refused


def _words_of_missing(
    deps: Dependencies, access: Portal, installation_id: int, listed: Mapping[str, ListedProperty]
) -> dict[str, str]:
    words: dict[str, str] = {}
    for name, row in SyncedProperty.readable(installation_id).items():
        if name in listed:
            continue
        try:
            deps.gateways.hubspot.listed_property(access, row.name)
        except GatewayError as error:
            if error.reason not in ABOUT_THE_PROPERTY:
                raise
            words[name] = error.message[:500]
    return words


def _follow(
    row: SyncedProperty,
    definition: ListedProperty,
    owners: Mapping[str, str],
    sync: PropertySync,
) -> None:
    retyped = row.type != definition.type
    if row.label != definition.label[:255] and not row.former_label:
        row.former_label = row.label
    if retyped:
        row.former_type, row.state = row.former_type or row.type, RETYPED
    elif row.state == MISSING:
        row.state = FINE
        # What happened to its values meanwhile, nobody told.
        sync.pass_started_at, sync.passed_at = None, None
    row.error = row.error if row.state == REFUSED else ""
    apply_definition(row, definition, owners)
