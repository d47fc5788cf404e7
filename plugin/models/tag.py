"""The tags a tenant ever used, so that they can be chosen again."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime


class Tag(Base):
    """A tag's name; which friends carry it stands with the friends."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("installation_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    name: Mapped[str] = mapped_column(String(50))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Tag"]]:
        """All tags of one tenant by name."""
        return select(cls).where(cls.installation_id == installation_id).order_by(cls.name)
