"""Values of the synced properties, one map for each linked contact."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, UTCDateTime


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
