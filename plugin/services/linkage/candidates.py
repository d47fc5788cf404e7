"""Contacts that a person may want to link a friend with, as HubSpot has them now."""

from typing import NamedTuple

from sqlalchemy import select

from plugin.core.text.person_names import full_name
from plugin.core.text.row_ids import row_id
from plugin.gateways import ContactRecord
from plugin.models.base import db
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.lookup import TIMEOUT, by_id
from plugin.services.linkage.manual import standing_of

MOST = 10
_SHOWN = ("firstname", "lastname", "email")


class Candidate(NamedTuple):
    """`linkage`: the contact's with a friend of the same account. `standing`: a mark of the
    linkages in the way of this one."""

    contact_id: int
    firstname: str
    lastname: str
    email: str
    linkage: Linkage | None
    standing: str

    @property
    def name(self) -> str:
        return full_name(self.firstname, self.lastname)


def find_candidates(deps: Dependencies, friend: Friend, words: str) -> list[Candidate]:
    """Return up to 10 contacts by words of name or e-mail, or by HubSpot id, best first. One call
    to HubSpot, two for a number. Raise `GatewayError`."""
    installation_id = friend.official_account.installation_id
    access = portal_access(deps, installation_id, TIMEOUT)
    records = {
        record.contact_id: record
        for record in deps.gateways.hubspot.find_contacts(access, words, _SHOWN, MOST)
    }
    contact_id = row_id(words)
    exact = by_id(deps, installation_id, contact_id) if contact_id else None
    if exact is not None:
        records = {exact.contact_id: exact, **records}
    found = list(records.values())[:MOST]
    linkages = _linkages(friend, [record.contact_id for record in found])
    return [_candidate(friend, record, linkages.get(record.contact_id)) for record in found]


def _candidate(friend: Friend, record: ContactRecord, linkage: Linkage | None) -> Candidate:
    first, last, email = (record.properties.get(name) or "" for name in _SHOWN)
    standing = standing_of(friend.linkage, linkage)
    return Candidate(record.contact_id, first, last, email, linkage, standing)


def _linkages(friend: Friend, contact_ids: list[int]) -> dict[int, Linkage]:
    """Return the contacts' linkages with friends of the account, by HubSpot's contact id."""
    contacts = Contact.of_portal_many(friend.official_account.installation_id, contact_ids)
    ids = {contact.id: contact_id for contact_id, contact in contacts.items()}
    statement = select(Linkage).where(
        Linkage.official_account_id == friend.official_account_id,
        Linkage.contact_row_id.in_(ids),
    )
    return {ids[linkage.contact_row_id]: linkage for linkage in db.session.scalars(statement)}
