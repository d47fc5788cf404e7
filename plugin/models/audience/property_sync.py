"""How far the reading of a tenant's synced properties has come."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, UTCDateTime, db


class PropertySync(Base):
    """One row a tenant, made with the first choice. Whoever stores values or changes the choice
    locks it."""

    __tablename__ = "property_sync"

    installation_id: Mapped[int] = mapped_column(
        ForeignKey("installation.id"), primary_key=True, autoincrement=False
    )
    # A pass reads all linked contacts: those read before it began are still to be read.
    pass_started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    passed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Rows of linked contacts exist up to this row id; None: no pass is being prepared.
    prepared_to: Mapped[int | None] = mapped_column(BigInteger)
    # Contacts of the pass under way, and those of them that are read.
    total: Mapped[int] = mapped_column(default=0)
    read: Mapped[int] = mapped_column(default=0)
    # Between passes: the search for changed contacts, from when on, its page and its trail.
    changed_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    search_started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    after: Mapped[str] = mapped_column(String(255), default="")
    trail: Mapped[str] = mapped_column(String(60), default="")
    # When values were last known to be as in HubSpot, and the definitions last read.
    looked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Why HubSpot could not be read, since when, and when that was last tried.
    error: Mapped[str] = mapped_column(String(500), default="")
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def of(cls, installation_id: int) -> "PropertySync | None":
        return db.session.get(cls, installation_id, populate_existing=True)

    @classmethod
    def held(cls, installation_id: int) -> "PropertySync":
        """Return the row, made where it is missing, locked until the commit."""
        sync = db.session.get(cls, installation_id, with_for_update=True, populate_existing=True)
        if sync is None:
            sync = cls(installation_id=installation_id)
            db.session.add(sync)
            db.session.flush()
        return sync
