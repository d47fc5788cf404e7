"""Segments: saved rules that choose friends of an Official Account, with every version."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.core.segments.ready import READY
from plugin.core.text.row_ids import small_number
from plugin.core.text.sentences import Sentence
from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount


class Segment(Base):
    __tablename__ = "segment"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"), index=True)
    # The key of a segment that every account has from the start (`services.segments.ready`).
    ready: Mapped[str] = mapped_column(String(40), default="")
    # "" while a ready segment keeps its own name, which is shown in the reader's language.
    name: Mapped[str] = mapped_column(String(120))
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)
    # The number of the version in force.
    version: Mapped[int] = mapped_column(default=1)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @property
    def shown_name(self) -> Sentence:
        """The name; that of a ready segment is translated for its reader."""
        if not self.name and self.ready in READY:
            return READY[self.ready].name
        return Sentence("%(name)s", name=self.name)

    @classmethod
    def owned(cls, installation_id: int, archived: bool = False) -> Select[tuple["Segment"]]:
        owned = cls.official_account_id.in_(OfficialAccount.owned_ids(installation_id))
        condition = cls.archived_at.is_not(None) if archived else cls.archived_at.is_(None)
        return select(cls).where(owned, condition)

    @classmethod
    def find_owned(
        cls, installation_id: int, segment_id: int, archived: bool = False
    ) -> "Segment | None":
        statement = cls.owned(installation_id, archived).where(cls.id == segment_id)
        return db.session.scalar(statement)

    @classmethod
    def of_account(cls, account_id: int) -> "list[Segment]":
        """Return those in use, newest first."""
        statement = select(cls).where(
            cls.official_account_id == account_id, cls.archived_at.is_(None)
        )
        return list(db.session.scalars(statement.order_by(cls.id.desc())))


class SegmentVersion(Base):
    """A segment's rule from `created_at` on; never changed."""

    __tablename__ = "segment_version"
    __table_args__ = (UniqueConstraint("segment_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    segment_id: Mapped[int] = mapped_column(ForeignKey("segment.id"))
    number: Mapped[int] = mapped_column()
    # As `core.segments.rule` reads it.
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def current(cls, segment: Segment) -> "SegmentVersion":
        statement = select(cls).where(cls.segment_id == segment.id)
        return db.session.scalars(statement.where(cls.number == segment.version)).one()

    @classmethod
    def find(cls, segment: Segment, number: int) -> "SegmentVersion | None":
        statement = select(cls).where(cls.segment_id == segment.id, cls.number == number)
        return db.session.scalar(statement)

    @classmethod
    def owned_by(cls, segment_id: int) -> "Select[tuple[SegmentVersion]]":
        return select(cls).where(cls.segment_id == segment_id)

    @classmethod
    def numbered(cls, segment_id: int, number: str) -> "SegmentVersion | None":
        """`number`: as it stands in an address."""
        wanted = cls.owned_by(segment_id).where(cls.number == (small_number(number) or 0))
        return db.session.scalar(wanted)

    @classmethod
    def of_segment(cls, segment: Segment) -> "list[SegmentVersion]":
        statement = select(cls).where(cls.segment_id == segment.id)
        return list(db.session.scalars(statement.order_by(cls.number.desc())))


def add_ready_segments(account: OfficialAccount, now: datetime) -> None:
    """Give a new account the segments of the start, in the caller's transaction."""
    # Lists show the newest first.
    for key, ready in reversed(list(READY.items())):
        segment = Segment(
            official_account=account, ready=key, name="", created_at=now, changed_at=now
        )
        db.session.add(segment)
        db.session.flush()
        version = SegmentVersion(segment_id=segment.id, number=1, rule=ready.rule, created_at=now)
        db.session.add(version)
