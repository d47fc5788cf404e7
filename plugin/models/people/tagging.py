"""Bulk changes of friends' tags."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.people.friend_search import FriendFilter

RUNNING, FINISHED = "running", "finished"


class Tagging(Base):
    __tablename__ = "tagging"
    __table_args__ = (Index("tagging_of_tenant", "installation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    # A FriendFilter; friends match it or not when their batch comes.
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    removes: Mapped[bool] = mapped_column(default=False)
    tags: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20), default=RUNNING)
    # The cursor: friends are changed by id, up to `until_id`.
    after_id: Mapped[int] = mapped_column(BigInteger, default=0)
    until_id: Mapped[int] = mapped_column(BigInteger)
    # Matching friends at the start. Of the friends `seen` some were `changed`, and some left as
    # they are because they carry as many tags as there may be (`full`).
    size: Mapped[int] = mapped_column()
    seen: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    full: Mapped[int] = mapped_column(default=0)
    actor: Mapped[str] = mapped_column(String(255), default="")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def filter(self) -> FriendFilter:
        return FriendFilter(**self.wanted)

    @property
    def percent(self) -> int:
        if self.state == FINISHED:
            return 100
        return min(100 * self.seen // self.size, 99) if self.size else 0

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Tagging"]]:
        return select(cls).where(cls.installation_id == installation_id).order_by(cls.id.desc())

    @classmethod
    def find_owned(cls, installation_id: int, tagging_id: int) -> "Tagging | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == tagging_id))

    @classmethod
    def held(cls, tagging_id: int) -> "Tagging | None":
        return db.session.get(cls, tagging_id, populate_existing=True, with_for_update=True)
