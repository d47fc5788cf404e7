"""People of the team, who sign in through HubSpot."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


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

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Member"]]:
        return select(cls).where(cls.installation_id == installation_id)

    @classmethod
    def find_owned(cls, installation_id: int, member_id: int) -> "Member | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == member_id))
