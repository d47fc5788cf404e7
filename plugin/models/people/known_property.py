"""What HubSpot returned about contact properties in messages, cached for a while."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


class KnownProperty(Base):
    __tablename__ = "known_property"
    __table_args__ = (UniqueConstraint("installation_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    # Names of HubSpot's own properties have no sign but `_`; a name that begins with `@` holds what
    # is known beside them (`services.contacts.known_properties`).
    name: Mapped[str] = mapped_column(String(100))
    # "" where HubSpot has no property of this name.
    type: Mapped[str] = mapped_column(String(40))
    field_type: Mapped[str] = mapped_column(String(40))
    of_owners: Mapped[bool] = mapped_column(default=False)
    labels: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    read_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def named(cls, installation_id: int, names: Iterable[str]) -> "dict[str, KnownProperty]":
        rows = select(cls).where(cls.installation_id == installation_id, cls.name.in_(list(names)))
        properties = db.session.scalars(rows.execution_options(populate_existing=True))
        return {row.name: row for row in properties}
