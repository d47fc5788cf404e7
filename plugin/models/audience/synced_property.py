"""Contact properties that are kept for linked contacts."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db

# FINE: kept up to date. The others say why not, with HubSpot's words in `error`.
# REMOVED: nobody keeps it any more, and its values are being deleted.
FINE, MISSING, RETYPED, REFUSED, REMOVED = "fine", "missing", "retyped", "refused", "removed"
# Those that HubSpot is asked for.
READABLE = (FINE, RETYPED)


class SyncedProperty(Base):
    """A property that the tenant has chosen. `type`, `field_type` and `labels` are HubSpot's."""

    __tablename__ = "synced_property"
    __table_args__ = (UniqueConstraint("installation_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    name: Mapped[str] = mapped_column(String(100))
    label: Mapped[str] = mapped_column(String(255), default="")
    # What it was before HubSpot renamed or retyped it, until a person has seen that.
    former_label: Mapped[str] = mapped_column(String(255), default="")
    former_type: Mapped[str] = mapped_column(String(40), default="")
    type: Mapped[str] = mapped_column(String(40), default="")
    field_type: Mapped[str] = mapped_column(String(40), default="")
    of_owners: Mapped[bool] = mapped_column(default=False)
    # The labels of an enumeration's values, in HubSpot's order.
    labels: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    state: Mapped[str] = mapped_column(String(20), default=FINE)
    error: Mapped[str] = mapped_column(String(500), default="")
    chosen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    chosen_by: Mapped[str] = mapped_column(String(255), default="")
    # When the values of all linked contacts had been read after the choice.
    filled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Contacts with a value, counted anew at the end of every pass.
    known: Mapped[int] = mapped_column(default=0)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["SyncedProperty"]]:
        own = cls.installation_id == installation_id
        return select(cls).where(own, cls.state != REMOVED).order_by(cls.id)

    @classmethod
    def find_owned(cls, installation_id: int, property_id: int) -> "SyncedProperty | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == property_id))

    @classmethod
    def readable(cls, installation_id: int) -> "dict[str, SyncedProperty]":
        rows = db.session.scalars(cls.owned(installation_id).where(cls.state.in_(READABLE)))
        return {row.name: row for row in rows}

    @classmethod
    def list_owned(cls, installation_id: int) -> "list[SyncedProperty]":
        return list(db.session.scalars(cls.owned(installation_id)))
