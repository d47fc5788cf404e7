"""Pictures, videos and files that messages show or friends sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db

# What a team uploads for messages, and what a friend sent. Friends see the first through an
# unguessable address; the second only the team sees.
UPLOADED, RECEIVED = "uploaded", "received"
IMAGE, VIDEO, AUDIO, FILE, IMAGEMAP, ICON = (
    "image", "video", "audio", "file", "imagemap", "icon",
)  # fmt: skip


class Media(Base):
    __tablename__ = "media"
    __table_args__ = (
        Index("media_of_tenant", "installation_id", "id"),
        Index("media_by_age", "origin", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    # The unguessable part of its address, and the name of its folder in the store.
    key: Mapped[str] = mapped_column(String(40), unique=True)
    origin: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    # The file's name as it came, for people.
    name: Mapped[str] = mapped_column(String(255), default="")
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column()
    width: Mapped[int | None] = mapped_column()
    height: Mapped[int | None] = mapped_column()
    # The files of it by name ("original", "preview", and "240" to "1040" of an imagemap), each with
    # `type`, `size`, `width` and `height`.
    variants: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_by: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # Its bytes are not all there yet, or are to be deleted from the store; the row follows them.
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Media"]]:
        return select(cls).where(
            cls.installation_id == installation_id, cls.deleted_at.is_(None)
        )  # fmt: skip

    @classmethod
    def find_owned(cls, installation_id: int, media_id: int) -> "Media | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == media_id))

    @classmethod
    def by_key(cls, key: str) -> "Media | None":
        return db.session.scalar(select(cls).where(cls.key == key, cls.deleted_at.is_(None)))
