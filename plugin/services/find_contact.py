"""Looking a contact up in HubSpot, and making one where there is none."""

from plugin.gateways import ContactRecord, GatewayError
from plugin.services import Outside
from plugin.services.portal_access import portal

SHOWN = ("email", "firstname", "lastname")
# A friend is looking at the page meanwhile; somebody else's token refresh is worth waiting for.
PATIENCE = 3.0


def by_id(outside: Outside, installation_id: int, contact_id: int) -> ContactRecord | None:
    """The contact as HubSpot has it now, or None where it is gone."""
    access = portal(outside, installation_id, PATIENCE)
    batch = outside.gateways.hubspot.read_contacts(access, [str(contact_id)], SHOWN)
    return next(iter(batch.records), None)


def by_email(outside: Outside, installation_id: int, email: str) -> ContactRecord | None:
    """The contact with this e-mail address, or None."""
    access = portal(outside, installation_id, PATIENCE)
    batch = outside.gateways.hubspot.read_contacts(access, [email], SHOWN, id_property="email")
    return next(iter(batch.records), None)


def made_for(
    outside: Outside, installation_id: int, property_name: str, line_user_id: str, email: str
) -> ContactRecord:
    """A contact that carries only what LINE says; the one made before, where a try was cut off."""
    access = portal(outside, installation_id, PATIENCE)
    gateway = outside.gateways.hubspot
    found = gateway.search_contacts(access, {property_name: line_user_id}, SHOWN, limit=1)
    if found:
        return found[0]
    properties = {property_name: line_user_id, **({"email": email} if email else {})}
    try:
        return gateway.create_contact(access, properties)
    except GatewayError as error:
        taken = by_email(outside, installation_id, email) if error.reason == "conflict" else None
        if taken is None:
            raise
        return taken
