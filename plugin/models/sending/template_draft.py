"""Drafts of templates: work that is kept while somebody writes, with its steps for undoing."""

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import db
from plugin.models.sending.kept_draft import KeptDraft, KeptStep
from plugin.models.sending.template import Template


class TemplateDraftStep(KeptStep):
    """A step of a template's draft."""

    __tablename__ = "template_draft_step"

    draft_id: Mapped[int] = mapped_column(ForeignKey("template_draft.id"), primary_key=True)


class TemplateDraft(KeptDraft):
    """What is written but not published; a template has at most one, a new one has no template.
    `content`: {"name", "account", "drafts", "extras", "tracks_links"}."""

    __tablename__ = "template_draft"
    __table_args__ = (UniqueConstraint("template_id"), KeptDraft.__table_args__)
    steps = TemplateDraftStep

    official_account_id: Mapped[int | None] = mapped_column(ForeignKey("official_account.id"))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("template.id"))
    # The version that it was begun from.
    base_version: Mapped[int] = mapped_column(default=0)
    template: Mapped[Template | None] = relationship(lazy="joined")

    @classmethod
    def of_template(cls, template_id: int) -> "TemplateDraft | None":
        return db.session.scalar(select(cls).where(cls.template_id == template_id))
