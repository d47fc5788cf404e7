"""Members of the HubSpot list or the upload that a broadcast goes to, before the freeze."""

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId


class AudienceMember(Base):
    """Either HubSpot's contact id or a LINE user id."""

    __tablename__ = "audience_member"
    __table_args__ = (
        UniqueConstraint("broadcast_id", "contact_id"),
        UniqueConstraint("broadcast_id", "line_user_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id"))
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    line_user_id: Mapped[str | None] = mapped_column(String(80))
