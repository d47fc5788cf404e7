"""The only place that marks contacts for a write to HubSpot: inside the caller's transaction, and
never deleted contacts."""

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import ColumnElement, Select, or_, select, update

from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact
from plugin.models.people.linkage import Linkage
from plugin.models.sql import among
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected


def mark_for_push(contact: Contact) -> None:
    if contact.deleted_at is None:
        contact.mark_for_push()
        enqueue("write_contacts", contact.installation_id, contact.installation_id)


def mark_many_for_push(
    installation_id: int, contact_row_ids: Sequence[int] | Select[tuple[int]]
) -> None:
    """Mark contacts by row ids, or by a select of them, which leaves loaded objects unchanged."""
    if isinstance(contact_row_ids, Select):
        # A select may name any number of rows: fetching them all back would cost too much.
        _mark(Contact.id.in_(contact_row_ids.correlate(None)), synchronize=False)
    elif contact_row_ids:
        # In the order of ids, against deadlocks.
        rows = select(Contact.id).where(Contact.id.in_(contact_row_ids)).order_by(Contact.id)
        _mark(among(Contact.id, rows.with_for_update()), synchronize="fetch")
    else:
        return
    enqueue("write_contacts", installation_id, installation_id)


def mark_account_for_push(account: OfficialAccount, *, recreated: bool = False) -> None:
    """Mark all contacts that show a linkage or a personal link of the account. `recreated`: HubSpot
    has just created its properties, so they hold nothing of what was written before."""
    linked = select(Linkage.contact_row_id).where(Linkage.official_account_id == account.id)
    if recreated:
        stale = update(Contact).where(Contact.id.in_(linked), Contact.deleted_at.is_(None))
        affected(stale.values(shown={}).execution_options(synchronize_session=False))
    codes = select(QRCode.id).where(QRCode.official_account_id == account.id)
    links = select(LinkageToken.contact_row_id).where(
        LinkageToken.qr_code_id.in_(codes), LinkageToken.preview.is_(False)
    )
    if _mark(or_(Contact.id.in_(linked), Contact.id.in_(links)), synchronize=False):
        enqueue("write_contacts", account.installation_id, account.installation_id)


def _mark(condition: ColumnElement[bool], *, synchronize: Literal["fetch", False]) -> int:
    statement = update(Contact).where(condition, Contact.deleted_at.is_(None))
    values = {"push_version": Contact.push_version + 1, "push_pending": True}
    return affected(statement.values(values).execution_options(synchronize_session=synchronize))
