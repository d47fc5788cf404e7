"""Tags given to many friends in one go, or taken from them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.friend_search import FriendFilter

RUNNING, FINISHED = "running", "finished"


class Tagging(Base):
    """Those whom the filter `wanted` found when their turn came, by id, up to `until_id`.

    `after_id` is the cursor. Of the friends `seen`, some were `changed`, and some left as they
    are because they carry as many tags as there may be (`full`). `size`: how many there were.
    """

    __tablename__ = "tagging"
    __table_args__ = (Index("tagging_of_tenant", "installation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    removes: Mapped[bool] = mapped_column(default=False)
    tags: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20), default=RUNNING)
    after_id: Mapped[int] = mapped_column(BigInteger, default=0)
    until_id: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column()
    seen: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    full: Mapped[int] = mapped_column(default=0)
    actor: Mapped[str] = mapped_column(String(255), default="")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def filter(self) -> FriendFilter:
        """The filter as friends are searched by."""
        return FriendFilter(**self.wanted)

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        if self.state == FINISHED:
            return 100
        return min(100 * self.seen // self.size, 99) if self.size else 0

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Tagging"]]:
        """All that a tenant ever did, newest first."""
        return select(cls).where(cls.installation_id == installation_id).order_by(cls.id.desc())

    @classmethod
    def find_owned(cls, installation_id: int, tagging_id: int) -> "Tagging | None":
        """One of the tenant's, or None whether it is missing or foreign."""
        return db.session.scalar(cls.owned(installation_id).where(cls.id == tagging_id))

    @classmethod
    def held(cls, tagging_id: int) -> "Tagging | None":
        """As it stands now, kept from others until the caller's transaction ends."""
        return db.session.get(cls, tagging_id, populate_existing=True, with_for_update=True)
