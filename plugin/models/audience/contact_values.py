"""Values of the synced properties, one map for each linked contact."""

import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    delete,
    literal_column,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.audience.synced_list import ListMembership, SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.base import Base, UTCDateTime, db
from plugin.models.people.contact import Contact
from plugin.models.people.linkage import Linkage
from plugin.models.sql import insert_rows
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected

# Moments in `read_at` of rows that wait for a read: newly linked, or changed in HubSpot since (a
# moment of that day for each mark, so that a read under way does not take away a later mark).
UNREAD, STALE = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)
WAITING_TO = datetime(1970, 1, 3, tzinfo=UTC)


class Waiting(NamedTuple):
    """A contact to be read. A new one's lists are not known either."""

    row_id: int
    contact_id: int
    read_at: datetime

    @property
    def is_new(self) -> bool:
        return self.read_at == UNREAD


class ContactValues(Base):
    """HubSpot's own texts by property name; a property without a value is left out."""

    __tablename__ = "contact_values"
    __table_args__ = (Index("contact_values_of_tenant", "installation_id", "read_at"),)

    contact_row_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    values: Mapped[dict[str, str]] = mapped_column(
        JSON().with_variant(JSONB(), "postgresql"), default=dict
    )
    read_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def value(cls, name: str) -> ColumnElement[str]:
        """Return the text of a property, or NULL: written as in its index. `name`: HubSpot's."""
        if not name.replace("_", "").isalnum() or not name.isascii():
            raise ValueError("HubSpot's property names have letters, digits and underscores")
        # With a bound name neither database would use the index.
        path: ColumnElement[str] = literal_column(f"'{name}'")
        return type_coerce(cls.__table__.c["values"].op("->>")(path), String())

    @classmethod
    def read_before(cls, installation_id: int, moment: datetime, limit: int) -> "list[Waiting]":
        """Return up to `limit` contacts that were read before, the longest unread first."""
        statement = select(Contact.id, Contact.contact_id, cls.read_at).join(cls)
        statement = statement.where(cls.installation_id == installation_id, cls.read_at < moment)
        rows = db.session.execute(statement.order_by(cls.read_at, Contact.id).limit(limit))
        return [Waiting(*row) for row in rows.tuples()]


def mark_stale(contact_row_ids: Collection[int]) -> None:
    """Have the contacts read again, inside the caller's transaction."""
    moment = STALE + timedelta(microseconds=time.time_ns() // 1000 % 86_400_000_000)
    statement = update(ContactValues).where(
        ContactValues.contact_row_id.in_(contact_row_ids), ContactValues.read_at != UNREAD
    )
    affected(statement.values(read_at=moment).execution_options(synchronize_session=False))


def expect_values(installation_id: int, contact_row_ids: Sequence[int]) -> None:
    """Have newly linked contacts read, if the tenant keeps anything of them; inside the caller's
    transaction."""
    if contact_row_ids and keeps_anything(installation_id):
        insert_unread(installation_id, contact_row_ids)
        enqueue("sync_contacts", installation_id, installation_id)


def insert_unread(
    installation_id: int, contact_row_ids: Sequence[int], read_at: datetime = UNREAD
) -> None:
    common = {"installation_id": installation_id, "values": {}, "read_at": read_at}
    rows = [{"contact_row_id": row, **common} for row in sorted(set(contact_row_ids))]
    db.session.execute(insert_rows(ContactValues).on_conflict_do_nothing(), rows)


def keeps_anything(installation_id: int) -> bool:
    properties = SyncedProperty.owned(installation_id).order_by(None).exists()
    lists = SyncedList.owned(installation_id).order_by(None).exists()
    return bool(db.session.scalar(select(properties | lists)))


def forget_unlinked(contact_row_ids: Collection[int]) -> None:
    """Delete what is kept of those contacts that no friend is linked with any more, inside the
    caller's transaction."""
    linked = select(Linkage.id).where(Linkage.contact_row_id == ContactValues.contact_row_id)
    values = delete(ContactValues).where(
        ContactValues.contact_row_id.in_(contact_row_ids), ~linked.exists()
    )
    gone = values.returning(ContactValues.contact_row_id)
    rows = db.session.scalars(gone, execution_options={"synchronize_session": False}).all()
    if rows:
        memberships = delete(ListMembership).where(ListMembership.contact_row_id.in_(rows))
        affected(memberships.execution_options(synchronize_session=False))


def linked_contacts(installation_id: int) -> Select[tuple[int]]:
    """Select the row ids of the tenant's linked contacts."""
    linked = select(Linkage.id).where(Linkage.contact_row_id == Contact.id)
    return select(Contact.id).where(Contact.installation_id == installation_id, linked.exists())
