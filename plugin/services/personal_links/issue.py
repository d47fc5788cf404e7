"""A personal link for one contact, and a preview of it that links nothing."""

from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord
from plugin.models.base import db
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.contacts.lookup import by_email, by_id
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.personal_links.tokens import issue_token, text_of, token_row
from plugin.services.qr_codes.codes import linkage_url

PREVIEW_DAYS = 1


class IssuedLink(NamedTuple):
    """The URL is known only now: it is not stored."""

    token: LinkageToken
    url: str


def issue_link(
    deps: Dependencies, code: QRCode, contact_id: int, valid_days: int
) -> IssuedLink | None:
    """Return None where HubSpot has no such contact. Raise `GatewayError` if it is unreachable."""
    record = by_id(deps, code.official_account.installation_id, contact_id)
    if record is None:
        return None
    with transaction():
        contact = _store_contact(code, record)
        token = issue_token(code, contact, valid_days, utcnow())
        mark_for_push(contact)
    return _issued(deps, token)


def preview_link(deps: Dependencies, code: QRCode, contact: Contact) -> IssuedLink:
    """Return a link that shows the friend's pages as this contact for a day. Nothing is pushed."""
    token = LinkageToken(**token_row(code, contact, PREVIEW_DAYS, utcnow()), preview=True)
    with transaction() as session:
        session.add(token)
    return _issued(deps, token)


def contact_of_email(deps: Dependencies, code: QRCode, email: str) -> Contact | None:
    """Return the contact with this e-mail address as HubSpot has it now."""
    record = by_email(deps, code.official_account.installation_id, email)
    if record is None:
        return None
    with transaction():
        return _store_contact(code, record)


def _store_contact(code: QRCode, record: ContactRecord) -> Contact:
    contact = get_or_create_contact(code.official_account.installation_id, record.contact_id)
    contact.update_from(dict(record.properties), utcnow())
    contact.deleted_at = None
    return contact


def _issued(deps: Dependencies, token: LinkageToken) -> IssuedLink:
    db.session.refresh(token, ["qr_code", "contact"])
    return IssuedLink(token, linkage_url(deps, token.qr_code, text_of(deps, token.id)))
