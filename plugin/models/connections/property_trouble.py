"""Contact properties of Musubi's that HubSpot does not let it write."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db

# HubSpot has no such property; its type does not fit; its values are read-only; a rule of the
# portal refuses some values.
MISSING, UNFIT, READ_ONLY, REFUSED = "missing", "unfit", "read_only", "refused"
# Musubi writes nothing to these until HubSpot reports that they are as they should be.
SKIPPED = (MISSING, UNFIT, READ_ONLY)


class PropertyTrouble(Base):
    """One property of one portal, with HubSpot's own words. Deleted as soon as it works again."""

    __tablename__ = "property_trouble"
    __table_args__ = (UniqueConstraint("installation_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(500), default="")
    # HubSpot's id of the contact whose value was refused last; writing it again shows whether the
    # rule still stands. 0: the property itself is the trouble.
    contact_id: Mapped[int] = mapped_column(BigInteger, default=0)
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def list_owned(cls, installation_id: int) -> "Sequence[PropertyTrouble]":
        statement = select(cls).where(cls.installation_id == installation_id).order_by(cls.name)
        return db.session.scalars(statement.execution_options(populate_existing=True)).all()

    @classmethod
    def skipped(cls, installation_id: int) -> set[str]:
        statement = select(cls.name).where(cls.installation_id == installation_id)
        return set(db.session.scalars(statement.where(cls.reason.in_(SKIPPED))))
