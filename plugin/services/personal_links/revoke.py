"""Revocation of personal links. The functions return how many valid links they revoked."""

from sqlalchemy import ColumnElement, Select, or_, select, update

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.imports.list_preparation import RUNNING, STOPPED, ListPreparation
from plugin.models.login_flow.linkage_token import LinkageToken, rows_of
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact
from plugin.models.transaction import affected, transaction
from plugin.services.contacts.outbox import mark_for_push, mark_many_for_push
from plugin.services.personal_links.bulk import end_preparation


def revoke_link(token: LinkageToken) -> int:
    with transaction() as session:
        count = _revoke(token.installation_id, LinkageToken.id == token.id)
        session.refresh(token)
    return count


def revoke_of_contact(contact: Contact) -> int:
    """Revoke the links of a contact, and of those merged into it, on every account."""
    with transaction():
        return _revoke(contact.installation_id, LinkageToken.contact_row_id.in_(rows_of(contact)))


def revoke_of_preparation(preparation: ListPreparation) -> int:
    """Revoke what a preparation issued, and stop it."""
    with transaction():
        end_preparation(preparation, STOPPED)
        preparation.keeps, preparation.next_check_at = False, None
        preparation.revoked_at = utcnow()
        return _revoke(preparation.installation_id, LinkageToken.preparation_id == preparation.id)


def revoke_of_code(code: QRCode) -> int:
    """Revoke every link that leads to a code, and stop its preparations."""
    running = select(ListPreparation).where(
        ListPreparation.qr_code_id == code.id,
        or_(ListPreparation.state == RUNNING, ListPreparation.keeps),
    )
    with transaction() as session:
        for preparation in session.scalars(running).all():
            end_preparation(preparation, STOPPED)
            preparation.keeps, preparation.next_check_at = False, None
        installation_id = code.official_account.installation_id
        return _revoke(installation_id, LinkageToken.qr_code_id == code.id)


def _revoke(installation_id: int, which: ColumnElement[bool]) -> int:
    # One statement for the links and one for the contacts: there may be many thousands.
    now = utcnow()
    selected = (LinkageToken.installation_id == installation_id, which)
    live = update(LinkageToken).where(
        *selected, LinkageToken.used_at.is_(None), LinkageToken.revoked_at.is_(None)
    )
    count = affected(live.values(revoked_at=now).execution_options(synchronize_session=False))
    if count:
        contact_row_ids = select(LinkageToken.contact_row_id).where(
            *selected, LinkageToken.revoked_at == now
        )
        mark_many_for_push(installation_id, contact_row_ids)
        for contact in _merge_targets(installation_id, contact_row_ids):
            mark_for_push(contact)
    return count


def _merge_targets(installation_id: int, contact_row_ids: Select[tuple[int]]) -> list[Contact]:
    # HubSpot passes a link on in a merge, so the merge target's properties are cleared.
    merged = select(Contact.contact_id).where(
        Contact.id.in_(contact_row_ids), Contact.merged_into_id.is_not(None)
    )
    ids = db.session.scalars(merged).all()
    targets = (Contact.of_portal(installation_id, contact_id) for contact_id in ids)
    return [contact for contact in targets if contact is not None]
