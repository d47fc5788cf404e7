"""Contacts that HubSpot says are new: those that came with a LINE User ID are looked at.

HubSpot may tell of a value that stood there from the beginning by a property change, by the
creation alone, or by both; each comes to the same.
"""

from collections.abc import Sequence

from plugin.core.clock import utcnow
from plugin.models.base import transaction
from plugin.models.inbox import WebhookEvent
from plugin.models.job import Claimed, plant
from plugin.models.people import Contact
from plugin.services import Outside
from plugin.services.link_friend import contact_row
from plugin.services.offered_ids import USER_ID, offers_of
from plugin.services.portal_access import portal

CREATION = ("object.creation", "contact.creation")


def owe_created(installation_id: int, events: Sequence[WebhookEvent]) -> None:
    """Owe one look at all that are new in these events, inside the caller's transaction.

    Contacts that Musubi knows already are left out: it made them itself, or read them since.
    """
    told = [event.payload.get("objectId") for event in events]
    for event in events:
        event.handled_at = utcnow()
    ids = {one for one in told if isinstance(one, int) and 0 < one < 2**63}
    new = sorted(ids - Contact.of_portal_many(installation_id, ids).keys())
    if new:
        plant("created_contacts", events[0].id, installation_id, {"ids": new})


def look_at_created(outside: Outside, job: Claimed) -> None:
    """Read up to a hundred of them with one call, and have those checked that offer an id.

    Raises `GatewayError` while HubSpot is paused: the look stays owed, and is woken afterwards.
    """
    names = offers_of(job.lane).names([USER_ID])
    if not names:
        return
    ids = [str(one) for one in job.payload["ids"]]
    found = outside.gateways.hubspot.read_contacts(portal(outside, job.lane), ids, names).records
    offering = [one.contact_id for one in found if any(map(one.properties.get, names))]
    if not offering:
        return
    with transaction():
        for contact_id in offering:
            contact_row(job.lane, contact_id).owe_check()
        plant("check_contacts", job.lane, job.lane)
