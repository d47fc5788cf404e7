"""Personal links taken back: of one contact, of a preparation, of a QR code, or a single one."""

from sqlalchemy import ColumnElement, Select, select, update

from plugin.core.clock import utcnow
from plugin.models.base import affected, db, transaction
from plugin.models.job import plant
from plugin.models.list_preparation import RUNNING, STOPPED, ListPreparation
from plugin.models.people import Contact
from plugin.models.qr_code import LinkageToken, QRCode, rows_of
from plugin.services.link_friend import owe_mirror
from plugin.services.prepare_list import end_preparation


def revoke_link(token: LinkageToken) -> int:
    """Take one back. All of these answer how many were good until now, used ones not counted."""
    with transaction() as session:
        count = _revoke(token.installation_id, LinkageToken.id == token.id)
        session.refresh(token)
    return count


def revoke_of_contact(contact: Contact) -> int:
    """Take back whatever a contact was given, or one that was merged into it, on every account."""
    with transaction():
        return _revoke(contact.installation_id, LinkageToken.contact_row_id.in_(rows_of(contact)))


def revoke_of_preparation(mine: ListPreparation) -> int:
    """Take back what a preparation made; one under way stops."""
    with transaction():
        end_preparation(mine, STOPPED)
        mine.revoked_at = utcnow()
        return _revoke(mine.installation_id, LinkageToken.preparation_id == mine.id)


def revoke_of_code(code: QRCode) -> int:
    """Take back every link that leads to a code; preparations under way stop."""
    running = select(ListPreparation).where(
        ListPreparation.qr_code_id == code.id, ListPreparation.state == RUNNING
    )
    with transaction() as session:
        for mine in session.scalars(running).all():
            end_preparation(mine, STOPPED)
        installation_id = code.official_account.installation_id
        return _revoke(installation_id, LinkageToken.qr_code_id == code.id)


def _revoke(installation_id: int, which: ColumnElement[bool]) -> int:
    """One statement for the links and one for the contacts, though they be many thousands."""
    now = utcnow()
    mine = (LinkageToken.installation_id == installation_id, which)
    live = update(LinkageToken).where(
        *mine, LinkageToken.used_at.is_(None), LinkageToken.revoked_at.is_(None)
    )
    count = affected(live.values(revoked_at=now).execution_options(synchronize_session=False))
    if count:
        given = select(LinkageToken.contact_row_id).where(*mine, LinkageToken.revoked_at == now)
        owing = update(Contact).where(Contact.id.in_(given), Contact.deleted_at.is_(None))
        values = {"mirror_wanted": Contact.mirror_wanted + 1, "mirror_owed": True}
        affected(owing.values(values).execution_options(synchronize_session=False))
        for contact in _heirs(installation_id, given):
            owe_mirror(contact)
        plant("write_contacts", installation_id, installation_id)
    return count


def _heirs(installation_id: int, given: Select[tuple[int]]) -> list[Contact]:
    """HubSpot hands a link down in a merge, so it is to be cleared where it stands now."""
    merged = select(Contact.contact_id).where(
        Contact.id.in_(given), Contact.merged_into_id.is_not(None)
    )
    found = (Contact.of_portal(installation_id, one) for one in db.session.scalars(merged).all())
    return [contact for contact in found if contact is not None]
