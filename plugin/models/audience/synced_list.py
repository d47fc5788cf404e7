"""HubSpot lists whose membership is kept for linked contacts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db

FINE, MISSING, REFUSED = "fine", "missing", "refused"


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
    # The cursor of the pass under way, its trail (`core.cursors`), and the passes' times.
    after: Mapped[str] = mapped_column(String(255), default="")
    trail: Mapped[str] = mapped_column(String(60), default="")
    pass_started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When a look for new members and a whole pass last ended.
    looked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The join cursor after the last member read.
    join_after: Mapped[str] = mapped_column(String(255), default="")
    chosen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    chosen_by: Mapped[str] = mapped_column(String(255), default="")

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["SyncedList"]]:
        return select(cls).where(cls.installation_id == installation_id).order_by(cls.id)

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
