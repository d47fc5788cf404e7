"""HubSpot lists whose membership is kept for linked contacts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db

# FINE: kept up to date. MISSING, REFUSED: HubSpot's words are in `error`. REMOVED: nobody keeps it
# any more, and its memberships are being deleted.
FINE, MISSING, REFUSED, REMOVED = "fine", "missing", "refused", "removed"
# RESTING until the next look; PAGES of a pass over all members, or of the TAIL with the new ones;
# LEAVERS: those that were not met are looked up one by one.
RESTING, PAGES, TAIL, LEAVERS = "", "pages", "tail", "leavers"


class SyncedList(Base):
    __tablename__ = "synced_list"
    __table_args__ = (UniqueConstraint("installation_id", "list_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    list_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(255), default="")
    # HubSpot's count of all members, linked or not.
    size: Mapped[int | None] = mapped_column()
    state: Mapped[str] = mapped_column(String(20), default=FINE)
    error: Mapped[str] = mapped_column(String(500), default="")
    phase: Mapped[str] = mapped_column(String(10), default=RESTING)
    # The cursor of the pass under way, its trail (`core.cursors`), and the passes' times.
    after: Mapped[str] = mapped_column(String(255), default="")
    trail: Mapped[str] = mapped_column(String(60), default="")
    pass_started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When a look for new members and a whole pass last ended.
    looked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # In the order of joining: the cursor of the last page, a mark of its members, their number.
    join_after: Mapped[str] = mapped_column(String(255), default="")
    tail_mark: Mapped[str] = mapped_column(String(40), default="")
    tail_count: Mapped[int] = mapped_column(default=0)
    # HubSpot does not page this list in the order of joining.
    by_id: Mapped[bool] = mapped_column(default=False)
    # HubSpot was still filling the list, or a person wants it read: the next look reads all.
    incomplete: Mapped[bool] = mapped_column(default=False)
    # Linked members.
    members: Mapped[int] = mapped_column(default=0)
    chosen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    chosen_by: Mapped[str] = mapped_column(String(255), default="")

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["SyncedList"]]:
        own = cls.installation_id == installation_id
        return select(cls).where(own, cls.state != REMOVED).order_by(cls.id)

    @classmethod
    def find_owned(cls, installation_id: int, row_id: int) -> "SyncedList | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == row_id))

    @classmethod
    def by_row(cls, row_id: int) -> "SyncedList | None":
        return db.session.get(cls, row_id, populate_existing=True)

    @classmethod
    def list_owned(cls, installation_id: int) -> "list[SyncedList]":
        return list(db.session.scalars(cls.owned(installation_id)))


class ListMembership(Base):
    """A linked contact in a synced list, or one that was in it until `left_at`."""

    __tablename__ = "list_membership"
    # A segment looks up one list's members, and one contact's lists.
    __table_args__ = (Index("list_membership_of_contact", "contact_row_id"),)

    synced_list_id: Mapped[int] = mapped_column(ForeignKey("synced_list.id"), primary_key=True)
    contact_row_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    joined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When it was last met; a pass ends the memberships that it did not meet.
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
