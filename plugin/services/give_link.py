"""A personal link for one contact, and a preview of it that can tie nobody."""

from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord
from plugin.models.base import db, transaction
from plugin.models.people import Contact
from plugin.models.qr_code import LinkageToken, QRCode
from plugin.services import Outside
from plugin.services.find_contact import by_email, by_id
from plugin.services.link_friend import contact_row, owe_mirror
from plugin.services.linkage_tokens import give_token, text_of, token_row
from plugin.services.qr_codes import linkage_url

PREVIEW_DAYS = 1


class Given(NamedTuple):
    """A link and where it leads. The address is known only now: it is not stored."""

    token: LinkageToken
    url: str


def give_link(outside: Outside, code: QRCode, contact_id: int, valid_days: int) -> Given | None:
    """A link for a contact, written to its properties soon; None where HubSpot has no such one.

    Raises `GatewayError` where HubSpot could not be asked.
    """
    record = by_id(outside, code.official_account.installation_id, contact_id)
    if record is None:
        return None
    with transaction():
        contact = _kept(code, record)
        token = give_token(code, contact, valid_days, utcnow())
        owe_mirror(contact)
    return _given(outside, token)


def preview_link(outside: Outside, code: QRCode, contact: Contact) -> Given:
    """For a day, the friend's pages as this contact would see them. HubSpot is not told."""
    token = LinkageToken(**token_row(code, contact, PREVIEW_DAYS, utcnow()), preview=True)
    with transaction() as session:
        session.add(token)
    return _given(outside, token)


def contact_of_email(outside: Outside, code: QRCode, email: str) -> Contact | None:
    """The contact with this e-mail address as HubSpot has it now, or None."""
    record = by_email(outside, code.official_account.installation_id, email)
    if record is None:
        return None
    with transaction():
        return _kept(code, record)


def _kept(code: QRCode, record: ContactRecord) -> Contact:
    contact = contact_row(code.official_account.installation_id, record.contact_id)
    contact.take(dict(record.properties), utcnow())
    contact.deleted_at = None
    return contact


def _given(outside: Outside, token: LinkageToken) -> Given:
    db.session.refresh(token, ["qr_code", "contact"])
    return Given(token, linkage_url(outside, token.qr_code, text_of(outside, token.id)))
