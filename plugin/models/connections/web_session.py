"""Browsers in which people are signed in."""

from datetime import datetime

from sqlalchemy import String, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.installation import Installation
from plugin.models.connections.member import Member


class WebSession(Base):
    """One sign-in of one browser. Only fingerprints of the cookie's content are stored."""

    __tablename__ = "web_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    # The cookie's id changes now and then; a request that was on its way may bring the old one.
    previous: Mapped[str] = mapped_column(String(64), default="", index=True)
    installation_id: Mapped[int] = mapped_column(index=True)
    member_id: Mapped[int] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    rotated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # The absolute end, whatever the person does.
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    @classmethod
    def with_person(
        cls, fingerprint: str
    ) -> "tuple[WebSession, Installation | None, Member | None] | None":
        """The session with its tenant and its person, in one statement."""
        statement = (
            select(cls, Installation, Member)
            .outerjoin(Installation, Installation.id == cls.installation_id)
            .outerjoin(Member, Member.id == cls.member_id)
            .where(or_(cls.fingerprint == fingerprint, cls.previous == fingerprint))
        )
        row = db.session.execute(statement.execution_options(populate_existing=True)).first()
        return None if row is None else (row[0], row[1], row[2])

    @classmethod
    def of_fingerprint(cls, fingerprint: str) -> "WebSession | None":
        statement = select(cls).where(
            or_(cls.fingerprint == fingerprint, cls.previous == fingerprint)
        )
        return db.session.scalar(statement.execution_options(populate_existing=True))

    @classmethod
    def count_of(cls, member_id: int, now: datetime) -> int:
        statement = select(func.count()).where(cls.member_id == member_id, cls.ends_at > now)
        return db.session.scalar(statement) or 0
