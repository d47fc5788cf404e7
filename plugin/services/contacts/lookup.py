"""Looks up contacts in HubSpot, and creates missing ones."""

from collections.abc import Sequence
from datetime import timedelta

from plugin.core.clock import utcnow
from plugin.gateways import (
    ContactBatch,
    ContactRecord,
    GatewayError,
    PropertiesError,
    PropertyFault,
)
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.system.audit_entry import apart_from_deed
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.id_properties import property_names, user_id_property
from plugin.services.contacts.property_troubles import note_faults

SHOWN = ("email", "firstname", "lastname")
# A friend waits for the page; another process's token refresh is worth this wait.
TIMEOUT = 3.0
# Contacts that HubSpot reads with one call (CRM API, "batch/read").
MOST_IN_BATCH = 100


def by_id(deps: Dependencies, installation_id: int, contact_id: int) -> ContactRecord | None:
    """Return the contact as HubSpot has it now; None where it is gone."""
    return next(iter(by_ids(deps, installation_id, [contact_id]).records), None)


def by_ids(deps: Dependencies, installation_id: int, contact_ids: Sequence[int]) -> ContactBatch:
    """Read up to `MOST_IN_BATCH` contacts with one call. A merged contact is answered under its new
    id, and the old one stands in `errors`."""
    access = portal_access(deps, installation_id, TIMEOUT)
    names = _names_to_read(installation_id)
    return deps.gateways.hubspot.read_contacts(access, list(map(str, contact_ids)), names)


def by_email(deps: Dependencies, installation_id: int, email: str) -> ContactRecord | None:
    access = portal_access(deps, installation_id, TIMEOUT)
    names = _names_to_read(installation_id)
    batch = deps.gateways.hubspot.read_contacts(access, [email], names, id_property="email")
    return next(iter(batch.records), None)


def _names_to_read(installation_id: int) -> tuple[str, ...]:
    return (*SHOWN, *property_names(installation_id).values())


def find_or_create_contact(
    deps: Dependencies,
    account: OfficialAccount,
    line_user_id: str,
    facts: dict[str, str],
    *,
    adopt: bool = True,
) -> ContactRecord:
    """Return a contact with the friend's id, or the one that an interrupted try created.

    `facts`: its other properties, without empty ones. A contact that has the e-mail address is
    adopted; without `adopt` raise `GatewayError` (conflict).
    """
    properties = {key: text for key, text in facts.items() if text}
    name = user_id_property(account)
    if name not in PropertyTrouble.skipped(account.installation_id):
        created_before = _find_created(deps, account, name, line_user_id)
        if created_before is not None:
            return created_before
        properties = {name: line_user_id, **properties}
    try:
        return _create(deps, account, properties, name)
    except GatewayError as error:
        if not adopt or error.reason != "conflict":
            raise
        existing = by_email(deps, account.installation_id, facts.get("email", ""))
        if existing is None:
            raise
        return existing


def _find_created(
    deps: Dependencies, account: OfficialAccount, name: str, line_user_id: str
) -> ContactRecord | None:
    access = portal_access(deps, account.installation_id, TIMEOUT)
    try:
        records = deps.gateways.hubspot.search_contacts(
            access, {name: line_user_id}, SHOWN, limit=1
        )
    except GatewayError as error:
        if error.reason != "invalid":
            raise
        raise _recreate_property(account, PropertyFault(name, "missing", error.message)) from error
    return records[0] if records else None


def _create(
    deps: Dependencies, account: OfficialAccount, properties: dict[str, str], id_property: str
) -> ContactRecord:
    access = portal_access(deps, account.installation_id, TIMEOUT)
    while True:
        try:
            return deps.gateways.hubspot.create_contact(access, properties)
        except PropertiesError as error:
            faults = {fault.name: fault for fault in error.faults}
            if id_property in faults and faults[id_property].kind == "missing":
                raise _recreate_property(account, faults[id_property]) from error
            # Without properties that a rule of the portal refuses, but always with the e-mail.
            accepted = {
                key: text for key, text in properties.items() if key not in faults or key == "email"
            }
            if accepted == properties:
                raise
            with apart_from_deed(), transaction():
                note_faults(account.installation_id, {0: error.faults})
            properties = accepted


def _recreate_property(account: OfficialAccount, *faults: PropertyFault) -> GatewayError:
    # A job creates the property; the next try after it succeeds.
    with apart_from_deed(), transaction():
        note_faults(account.installation_id, {0: faults})
    return GatewayError(
        "A LINE property is missing in HubSpot and is being created",
        permanent=False,
        reason="unavailable",
        retry_at=utcnow() + timedelta(seconds=5),
    )
