"""Rows of HubSpot contacts: found, created, locked."""

from collections.abc import Sequence

from sqlalchemy import select

from plugin.models.base import db
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.sql import insert_or


def lock_contacts(row_ids: Sequence[int]) -> list[Contact]:
    """Lock and reload the rows until the commit."""
    # Transactions that link lock contacts first and by id, so they never deadlock.
    rows = select(Contact).where(Contact.id.in_(row_ids)).order_by(Contact.id)
    # Rows that only refer to a contact need not wait.
    held = rows.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(held))


def contact_row_ids_of(friend: Friend) -> list[int]:
    return list(
        db.session.scalars(select(Linkage.contact_row_id).where(Linkage.friend_id == friend.id))
    )


def get_or_create_contact(installation_id: int, contact_id: int) -> Contact:
    """Return the contact's row or its merge target's, inside the caller's transaction."""
    fresh = {
        "installation_id": installation_id, "contact_id": contact_id, "email": "",
        "firstname": "", "lastname": "", "push_version": 0, "pushed_version": 0,
        "push_pending": False, "push_error": "",
    }  # fmt: skip
    db.session.execute(insert_or(Contact).values(fresh).on_conflict_do_nothing())
    contact = Contact.of_portal(installation_id, contact_id)
    assert contact is not None  # noqa: S101 - inserted a line above
    return contact


def get_or_create_contacts(installation_id: int, contact_ids: Sequence[int]) -> list[Contact]:
    """Return the contacts' rows, without those that HubSpot has deleted or merged."""
    ids = sorted(set(contact_ids))
    if not ids:
        return []
    fresh = [{"installation_id": installation_id, "contact_id": contact_id} for contact_id in ids]
    db.session.execute(insert_or(Contact).on_conflict_do_nothing(), fresh)
    statement = select(Contact).where(
        Contact.installation_id == installation_id,
        Contact.contact_id.in_(ids),
        Contact.deleted_at.is_(None),
        Contact.merged_into_id.is_(None),
    )
    return list(db.session.scalars(statement.order_by(Contact.id)))
