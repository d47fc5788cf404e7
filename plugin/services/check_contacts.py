"""What people did in HubSpot to the LINE User ID property, read there and brought home.

A webhook only says that something changed. What counts is what HubSpot holds when it is asked, so
that repeated, late and unordered events, and the echoes of our own writes, come to the same.
"""

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord, GatewayError
from plugin.models.base import db, transaction
from plugin.models.installation import Installation
from plugin.models.job import plant
from plugin.models.people import Contact, Linkage
from plugin.services import Outside
from plugin.services.introductions import introduce
from plugin.services.link_friend import lock_contacts
from plugin.services.merge_contacts import merge_contacts
from plugin.services.offered_ids import offers_of
from plugin.services.portal_access import portal
from plugin.services.settle_contact import Look, settle_contact, values_were_lost
from plugin.services.write_contacts import LINE_FACTS

BATCH = 100
UNREAD = "HubSpot left contacts out of its answer without calling them missing"
MERGED = "hs_merged_object_ids"
NAMES = ("email", "firstname", "lastname", MERGED)


def check_contacts(outside: Outside, installation_id: int) -> bool:
    """Look at one batch of contacts of whose change HubSpot told; True where more are owed.

    Raises `GatewayError` where some were not read; those stay owed.
    """
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return False
    contacts = Contact.to_check(installation_id, BATCH)
    if contacts and "unread" in compare(outside, installation_id, contacts):
        raise GatewayError(UNREAD, permanent=False, reason="unavailable")
    return bool(Contact.to_check(installation_id, 1))


def compare(
    outside: Outside,
    installation_id: int,
    contacts: Sequence[Contact],
    note: Callable[[list[str]], object] | None = None,
) -> list[str]:
    """Read the contacts in HubSpot and settle every difference; one word or more for each.

    `note` is told the words inside the transaction. With it, many values that are empty at once
    are taken for lost.

    Words: same, rewritten, linked, unlinked, conflict, refused, gone, merged, later, unread. Raises
    `GatewayError`, and then nothing has changed: only HubSpot's plain word that a contact is
    missing makes it gone; one that is left out without it is unread, and stays as it is.
    """
    seen = {one.id: (one.mirror_done, one.check_wanted) for one in contacts}
    offers = offers_of(installation_id)
    names = (*NAMES, *offers.names(LINE_FACTS))
    access, asked_at = portal(outside, installation_id), utcnow()
    ids = [str(one.contact_id) for one in contacts]
    batch = outside.gateways.hubspot.read_contacts(access, ids, names)
    records = batch.records
    introductions = introduce(outside, [pair for one in records for pair in offers.values(one)])
    by_id = {one.contact_id: one for one in records}
    with transaction():
        _merge_found(installation_id, records)
        rows = lock_contacts(list(seen))
        ties = Linkage.of_contacts(list(seen))
        look = Look(
            asked_at,
            by_id,
            offers,
            introductions,
            {(one.contact_row_id, one.official_account_id): one for one in ties},
            {int(one) for one in batch.errors},
        )
        look = look._replace(doubt=note is not None and values_were_lost(rows, look))
        outcomes = [word for row in rows for word in _settle(row, seen[row.id], look)]
        if "later" in outcomes:
            plant("check_contacts", installation_id, installation_id)
        if note is not None:
            note(outcomes)
    return outcomes


def _settle(contact: Contact, seen: tuple[int, int], look: Look) -> list[str]:
    """One contact; a write of ours that ended while we read makes what was read worthless."""
    if contact.mirror_done != seen[0]:
        contact.owe_check()
        return ["later"]
    words = settle_contact(contact, look)
    if "later" in words:
        contact.owe_check()
    elif contact.check_wanted == seen[1] and "unread" not in words:
        contact.check_owed = False
    return words or ["same"]


def _merge_found(installation_id: int, records: Iterable[ContactRecord]) -> None:
    """Merges that no webhook told us of: HubSpot keeps on a contact which ones went into it."""
    heirs = {
        int(old): record.contact_id
        for record in records
        for old in (record.properties.get(MERGED) or "").split(";")
        if old.strip().isdecimal()
    }
    known = select(Contact.contact_id).where(
        Contact.installation_id == installation_id,
        Contact.contact_id.in_(heirs),
        Contact.merged_into_id.is_(None),
    )
    for old in db.session.scalars(known).all() if heirs else []:
        heir = Contact.of_portal(installation_id, heirs[old])
        # Told of a later merge already, the heir may lead back here; that is no merge.
        if heirs[old] != old and (heir is None or heir.contact_id != old):
            merge_contacts(installation_id, heirs[old], [old])
