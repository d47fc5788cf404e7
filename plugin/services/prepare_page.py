"""Links for a page of contacts, with a handful of statements however many they are."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from plugin.models.base import affected, db
from plugin.models.job import plant
from plugin.models.list_preparation import ListPreparation
from plugin.models.people import Contact, Linkage
from plugin.models.qr_code import LinkageToken
from plugin.models.upsert import count_anew, insert_or
from plugin.services.linkage_tokens import token_row


def link_members(mine: ListPreparation, contact_ids: Sequence[int], now: datetime) -> None:
    """Inside the caller's transaction: what each needs, counted on the preparation."""
    contacts = contact_rows(mine.installation_id, contact_ids)
    mine.read += len(set(contact_ids))
    mine.gone += len(set(contact_ids)) - len(contacts)
    tied = _tied(mine, contacts) if mine.only_unlinked else set()
    mine.linked += len(tied)
    wanting = [contact for contact in contacts if contact.id not in tied]
    standing = _standing(mine, wanting, now)
    mine.kept += len(standing)
    new = [contact for contact in wanting if contact.id not in standing]
    mine.made += len(new)
    if new:
        rows = [token_row(mine.qr_code, each, mine.valid_days, now) for each in new]
        marked = [{**row, "preparation_id": mine.id, "preview": False} for row in rows]
        db.session.execute(insert(LinkageToken), marked)
        count_anew(Contact, LinkageToken)
    # What HubSpot refused to show is tried once more, now that somebody asks.
    refused = [one.id for one in wanting if one.id in standing and one.mirror_error]
    owe_mirrors(mine.installation_id, [*(one.id for one in new), *refused])


def contact_rows(installation_id: int, contact_ids: Sequence[int]) -> list[Contact]:
    """The contacts' rows, made where needed; not of those that are gone from HubSpot."""
    ids = sorted(set(contact_ids))
    if not ids:
        return []
    fresh = [{"installation_id": installation_id, "contact_id": one} for one in ids]
    db.session.execute(insert_or(Contact).on_conflict_do_nothing(), fresh)
    mine = select(Contact).where(
        Contact.installation_id == installation_id,
        Contact.contact_id.in_(ids),
        Contact.deleted_at.is_(None),
        Contact.merged_into_id.is_(None),
    )
    return list(db.session.scalars(mine.order_by(Contact.id)))


def owe_mirrors(installation_id: int, contact_row_ids: Sequence[int]) -> None:
    """Owe HubSpot a write of these contacts, inside the caller's transaction."""
    if not contact_row_ids:
        return
    owing = update(Contact).where(Contact.id.in_(contact_row_ids), Contact.deleted_at.is_(None))
    affected(owing.values(mirror_wanted=Contact.mirror_wanted + 1, mirror_owed=True))
    plant("write_contacts", installation_id, installation_id)


def _tied(mine: ListPreparation, contacts: Sequence[Contact]) -> set[int]:
    """Who is linked on the code's account."""
    ties = select(Linkage.contact_row_id).where(
        Linkage.official_account_id == mine.qr_code.official_account_id,
        Linkage.contact_row_id.in_([contact.id for contact in contacts]),
    )
    return set(db.session.scalars(ties))


def _standing(mine: ListPreparation, contacts: Sequence[Contact], now: datetime) -> set[int]:
    """Whose newest link leads to this code and lasts long enough."""
    account_id = mine.qr_code.official_account_id
    newest = {
        row: token
        for row, token in LinkageToken.of_contacts(contacts)
        if token.is_live and token.qr_code.official_account_id == account_id
    }
    until = now + timedelta(days=mine.renew_days)
    return {
        row
        for row, token in newest.items()
        if token.qr_code_id == mine.qr_code_id and token.expires_at > until
    }
