"""Looking a contact up in HubSpot, and making one where there is none."""

from plugin.gateways import ContactRecord, GatewayError
from plugin.models.official_account import OfficialAccount
from plugin.services import Outside
from plugin.services.portal_access import portal
from plugin.services.write_contacts import property_names

SHOWN = ("email", "firstname", "lastname")
# A friend is looking at the page meanwhile; somebody else's token refresh is worth waiting for.
PATIENCE = 3.0


def by_id(outside: Outside, installation_id: int, contact_id: int) -> ContactRecord | None:
    """The contact as HubSpot has it now, or None where it is gone."""
    access = portal(outside, installation_id, PATIENCE)
    names = _shown(installation_id)
    batch = outside.gateways.hubspot.read_contacts(access, [str(contact_id)], names)
    return next(iter(batch.records), None)


def by_email(outside: Outside, installation_id: int, email: str) -> ContactRecord | None:
    """The contact with this e-mail address, or None."""
    access = portal(outside, installation_id, PATIENCE)
    names = _shown(installation_id)
    batch = outside.gateways.hubspot.read_contacts(access, [email], names, id_property="email")
    return next(iter(batch.records), None)


def _shown(installation_id: int) -> tuple[str, ...]:
    """Who it is, and what stands in the LINE User ID properties."""
    return (*SHOWN, *property_names(installation_id).values())


def made_for(
    outside: Outside,
    account: OfficialAccount,
    line_user_id: str,
    facts: dict[str, str],
    *,
    adopt: bool = True,
) -> ContactRecord:
    """A contact that carries what LINE says; the one made before, where a try was cut off.

    `facts`: other properties of a new contact, empty ones are left out. Where the e-mail address
    is somebody's already, that contact is it, or without `adopt` a `GatewayError` (conflict).
    """
    access = portal(outside, account.installation_id, PATIENCE)
    gateway, name = outside.gateways.hubspot, "line_user_id" + account.property_suffix
    found = gateway.search_contacts(access, {name: line_user_id}, SHOWN, limit=1)
    if found:
        return found[0]
    told = {key: text for key, text in facts.items() if text}
    try:
        return gateway.create_contact(access, {name: line_user_id, **told})
    except GatewayError as error:
        if not adopt or error.reason != "conflict":
            raise
        taken = by_email(outside, account.installation_id, facts.get("email", ""))
        if taken is None:
            raise
        return taken
