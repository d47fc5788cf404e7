"""People of the team, who sign in through HubSpot."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime


class Member(Base):
    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("installation_id", "hubspot_user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(index=True)
    hubspot_user_id: Mapped[int] = mapped_column(BigInteger)
    email: Mapped[str] = mapped_column(String(255))
    signed_in_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # Recipients of this person's test sends: the friend's id by the Official Account's (as text).
    test_friends: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
