"""Stores which linked contacts are in a synced list, inside the caller's transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, update

from plugin.gateways import ListsOfContacts
from plugin.models.audience.contact_values import linked_contacts
from plugin.models.audience.synced_list import FINE, ListMembership, SyncedList
from plugin.models.base import db
from plugin.models.people.contact import Contact
from plugin.models.sql import insert_rows
from plugin.models.transaction import affected


def store_members(
    synced: SyncedList,
    contact_ids: Sequence[int],
    joined: Mapping[int, datetime],
    seen_at: datetime,
) -> None:
    """Store those members that are linked; whoever had left has joined again."""
    statement = linked_contacts(synced.installation_id).add_columns(Contact.contact_id)
    statement = statement.where(Contact.contact_id.in_(contact_ids)).order_by(Contact.id)
    rows = db.session.execute(statement).tuples().all()
    _upsert([(synced.id, row_id, joined.get(contact_id)) for row_id, contact_id in rows], seen_at)


def store_lists(
    installation_id: int, rows: Mapping[int, int], lists: ListsOfContacts, seen_at: datetime
) -> None:
    """Store the synced lists of contacts (row ids by HubSpot's) that were just linked."""
    synced = {row.list_id: row for row in SyncedList.list_owned(installation_id)}
    linked = set(_still_linked(installation_id, list(rows.values())))
    _upsert(
        [
            (synced[list_id].id, rows[contact_id], joined)
            for contact_id, found in sorted(lists.items())
            for list_id, joined in found.items()
            if list_id in synced and synced[list_id].state == FINE and rows[contact_id] in linked
        ],
        seen_at,
    )


def _still_linked(installation_id: int, row_ids: list[int]) -> Sequence[int]:
    statement = linked_contacts(installation_id).where(Contact.id.in_(row_ids))
    return db.session.scalars(statement).all() if row_ids else []


def _upsert(rows: Sequence[tuple[int, int, datetime | None]], seen_at: datetime) -> None:
    if not rows:
        return
    statement = insert_rows(ListMembership)
    values = [
        {"synced_list_id": list_id, "contact_row_id": row, "joined_at": at, "seen_at": seen_at}
        for list_id, row, at in sorted(rows, key=lambda row: row[:2])
    ]
    joined = func.coalesce(statement.excluded.joined_at, ListMembership.__table__.c.joined_at)
    statement = statement.on_conflict_do_update(
        index_elements=["synced_list_id", "contact_row_id"],
        set_={"joined_at": joined, "left_at": None, "seen_at": statement.excluded.seen_at},
    )
    db.session.execute(statement, values)


def unmet(synced: SyncedList, before: datetime, limit: int) -> dict[int, int]:
    """Return members by row id that nobody has met since `before`, with HubSpot's ids."""
    statement = select(Contact.id, Contact.contact_id).join(
        ListMembership, ListMembership.contact_row_id == Contact.id
    )
    statement = statement.where(
        ListMembership.synced_list_id == synced.id,
        ListMembership.left_at.is_(None),
        ListMembership.seen_at < before,
    )
    rows = db.session.execute(statement.order_by(Contact.id).limit(limit))
    return dict(rows.tuples().all())


def end_memberships(synced: SyncedList, row_ids: Collection[int], at: datetime) -> None:
    statement = update(ListMembership).where(
        ListMembership.synced_list_id == synced.id,
        ListMembership.contact_row_id.in_(row_ids),
        ListMembership.left_at.is_(None),
    )
    values = {"left_at": at, "seen_at": at}
    affected(statement.values(values).execution_options(synchronize_session=False))


def count_members(synced: SyncedList) -> int:
    members = select(func.count()).where(
        ListMembership.synced_list_id == synced.id, ListMembership.left_at.is_(None)
    )
    return db.session.scalar(members) or 0
