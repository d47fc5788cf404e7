"""Imports of friends: all that LINE lists, or the LINE User IDs of a file."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount

RUNNING, FINISHED, FAILED = "running", "finished", "failed"
# FORBIDDEN: LINE lists the followers of verified accounts only.
FORBIDDEN, CANCELLED = "forbidden", "cancelled"
FOLLOWERS, FILE = "followers", "file"
# Outcomes of an id in a file; WAITING is not looked up yet.
WAITING, KNOWN, FOUND, UNKNOWN, INVALID = "", "known", "found", "unknown", "invalid"


class FriendImport(Base):
    __tablename__ = "friend_import"
    __table_args__ = (Index("friend_import_of_tenant", "installation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    source: Mapped[str] = mapped_column(String(20), default=FOLLOWERS)
    state: Mapped[str] = mapped_column(String(20), default=RUNNING)
    phase: Mapped[str] = mapped_column(String(20), default="ids")
    after: Mapped[str] = mapped_column(String(500), default="")
    trail: Mapped[str] = mapped_column(String(60), default="", server_default="")
    step: Mapped[int] = mapped_column(default=0)
    # Ids in the file; 0 for LINE's list, which does not say how many there are.
    total: Mapped[int] = mapped_column(default=0)
    # `found` counts all friends, `new` those that Musubi had not known, `profiles` the names read.
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
        return select(cls).where(cls.installation_id == installation_id).order_by(cls.id.desc())

    @classmethod
    def find_owned(cls, installation_id: int, import_id: int) -> "FriendImport | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == import_id))

    @classmethod
    def by_id(cls, import_id: int) -> "FriendImport | None":
        return db.session.get(cls, import_id, populate_existing=True)

    @classmethod
    def running_of(cls, account_id: int) -> "FriendImport | None":
        """Return the running import of LINE's own list; files may run beside it."""
        statement = select(cls).where(cls.official_account_id == account_id, cls.state == RUNNING)
        statement = statement.where(cls.source == FOLLOWERS)
        return db.session.scalar(statement.order_by(cls.id.desc()).limit(1))
