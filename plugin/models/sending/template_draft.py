"""Drafts of templates: work that is kept while somebody writes, with its steps for undoing."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.sending.template import Template


class TemplateDraft(Base):
    """What is written but not published; a template has at most one, a new one has no template."""

    __tablename__ = "template_draft"
    __table_args__ = (UniqueConstraint("template_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"), index=True)
    official_account_id: Mapped[int | None] = mapped_column(ForeignKey("official_account.id"))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("template.id"))
    # {"name", "drafts", "extras", "tracks_links"}: the editor as it stands, mistakes included.
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    # The version that it was begun from, and the number of its newest step.
    base_version: Mapped[int] = mapped_column(default=0)
    step: Mapped[int] = mapped_column(default=0)
    # The last one undone to; equal to `step` where nothing is undone.
    newest_step: Mapped[int] = mapped_column(default=0)
    changed_by: Mapped[str] = mapped_column(String(255), default="")
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    template: Mapped[Template | None] = relationship(lazy="joined")

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["TemplateDraft"]]:
        return select(cls).where(cls.installation_id == installation_id)

    @classmethod
    def find_owned(cls, installation_id: int, draft_id: int) -> "TemplateDraft | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == draft_id))

    @classmethod
    def of_template(cls, template_id: int) -> "TemplateDraft | None":
        return db.session.scalar(select(cls).where(cls.template_id == template_id))


class TemplateDraftStep(Base):
    """The draft's content after one change, for undo and redo."""

    __tablename__ = "template_draft_step"

    draft_id: Mapped[int] = mapped_column(ForeignKey("template_draft.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(255), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)
