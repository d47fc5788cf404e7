"""What a draft of messages keeps: the editor as it stands, and its steps for undo and redo."""

from datetime import datetime
from typing import Any, ClassVar, Self

from sqlalchemy import JSON, ForeignKey, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


class KeptStep(Base):
    """The draft's content after one change. `draft_id` stands with the table of the drafts."""

    __abstract__ = True

    draft_id: Mapped[int]
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(255), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class KeptDraft(Base):
    """What is written and not published."""

    __abstract__ = True
    # An id is never given twice: a form that was loaded with a draft that ended fits no other.
    __table_args__: Any = {"sqlite_autoincrement": True}  # noqa: RUF012
    # The class of this draft's steps.
    steps: ClassVar[type[Any]]

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"), index=True)
    # The editor as it stands, mistakes included.
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    # The number of its newest step.
    step: Mapped[int] = mapped_column(default=0)
    # The last one undone to; equal to `step` where nothing is undone.
    newest_step: Mapped[int] = mapped_column(default=0)
    changed_by: Mapped[str] = mapped_column(String(255), default="")
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple[Self]]:
        return select(cls).where(cls.installation_id == installation_id)

    @classmethod
    def find_owned(cls, installation_id: int, draft_id: int) -> Self | None:
        return db.session.scalar(cls.owned(installation_id).where(cls.id == draft_id))
