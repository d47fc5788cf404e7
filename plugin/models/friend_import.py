"""Imports of friends: all whom LINE lists, or the LINE User IDs of a file."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.official_account import OfficialAccount

RUNNING, FINISHED, FAILED = "running", "finished", "failed"
FORBIDDEN, CANCELLED = "forbidden", "cancelled"
FOLLOWERS, FILE = "followers", "file"
# What became of an id of a file; WAITING is still to be asked about.
WAITING, KNOWN, FOUND, UNKNOWN, INVALID = "", "known", "found", "unknown", "invalid"


class FriendImport(Base):
    """One import into an Official Account. `forbidden`: LINE lists followers to verified ones only.

    `found` counts the friends met, `new` those Musubi had not known, `profiles` the names read.
    """

    __tablename__ = "friend_import"
    __table_args__ = (Index("friend_import_of_tenant", "installation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    source: Mapped[str] = mapped_column(String(20), default=FOLLOWERS)
    state: Mapped[str] = mapped_column(String(20), default=RUNNING)
    phase: Mapped[str] = mapped_column(String(20), default="ids")
    after: Mapped[str] = mapped_column(String(500), default="")
    step: Mapped[int] = mapped_column(default=0)
    # Ids in the file; 0 where LINE lists, for it does not say how many there are.
    total: Mapped[int] = mapped_column(default=0)
    found: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)
    invalid: Mapped[int] = mapped_column(default=0)
    profiles: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(500), default="")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["FriendImport"]]:
        """The friends' imports of one tenant, newest first."""
        return select(cls).where(cls.installation_id == installation_id).order_by(cls.id.desc())

    @classmethod
    def find_owned(cls, installation_id: int, import_id: int) -> "FriendImport | None":
        """One import of the tenant, or None whether it is missing or foreign."""
        return db.session.scalar(cls.owned(installation_id).where(cls.id == import_id))

    @classmethod
    def by_id(cls, import_id: int) -> "FriendImport | None":
        """For jobs; always as it stands now."""
        return db.session.get(cls, import_id, populate_existing=True)

    @classmethod
    def running_of(cls, account_id: int) -> "FriendImport | None":
        """The import under way of all friends whom LINE lists; files come beside it."""
        mine = select(cls).where(cls.official_account_id == account_id, cls.state == RUNNING)
        mine = mine.where(cls.source == FOLLOWERS)
        return db.session.scalar(mine.order_by(cls.id.desc()).limit(1))


class FriendCandidate(Base):
    """An id of an uploaded file, and what became of it."""

    __tablename__ = "friend_candidate"
    __table_args__ = (Index("friend_candidate_waiting", "friend_import_id", "outcome"),)

    friend_import_id: Mapped[int] = mapped_column(ForeignKey("friend_import.id"), primary_key=True)
    line_user_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20), default=WAITING)

    @classmethod
    def of_import(cls, import_id: int, outcome: str, limit: int) -> list[str]:
        """Ids with this outcome, in their own order."""
        mine = select(cls.line_user_id).where(cls.friend_import_id == import_id)
        mine = mine.where(cls.outcome == outcome).order_by(cls.line_user_id)
        return list(db.session.scalars(mine.limit(limit)))

    @classmethod
    def forget(cls, import_id: int) -> None:
        """All are asked about, or nobody will ask: the ids go, inside the caller's transaction."""
        mine = delete(cls).where(cls.friend_import_id == import_id)
        db.session.execute(mine, execution_options={"synchronize_session": False})
