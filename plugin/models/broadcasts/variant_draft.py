"""Drafts of a broadcast's messages: work that is kept while somebody writes a variant."""

from sqlalchemy import ForeignKey, String, UniqueConstraint, and_, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.core.messages.drafts import same_content
from plugin.models.base import db
from plugin.models.sending.kept_draft import KeptDraft, KeptStep


class VariantDraftStep(KeptStep):
    """A step of a variant's draft."""

    __tablename__ = "variant_draft_step"

    draft_id: Mapped[int] = mapped_column(ForeignKey("variant_draft.id"), primary_key=True)


class VariantDraft(KeptDraft):
    """What is written for a variant and not saved; a variant has at most one.
    `content`: {"source", "template", "drafts", "extras", "tracks_links", "settings"}."""

    __tablename__ = "variant_draft"
    __table_args__ = (UniqueConstraint("broadcast_id", "number"), KeptDraft.__table_args__)
    steps = VariantDraftStep

    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id"))
    # The variant's; 0 also where the broadcast has no variant yet.
    number: Mapped[int] = mapped_column(default=0)
    # The fingerprint of what was saved when it was begun.
    base: Mapped[str] = mapped_column(String(16), default="")

    @classmethod
    def of_broadcast(cls, broadcast_id: int) -> "list[VariantDraft]":
        statement = select(cls).where(cls.broadcast_id == broadcast_id)
        return list(db.session.scalars(statement.order_by(cls.number)))

    @classmethod
    def of_variant(cls, broadcast_id: int, number: int) -> "VariantDraft | None":
        where = cls.broadcast_id == broadcast_id, cls.number == number
        return db.session.scalar(select(cls).where(*where))

    @classmethod
    def any_unsaved(cls, broadcast_id: int) -> bool:
        """Whether something is written that differs from what was saved when it was begun."""
        first = and_(VariantDraftStep.draft_id == cls.id, VariantDraftStep.number == 0)
        statement = (
            select(cls.content, VariantDraftStep.content)
            .outerjoin(VariantDraftStep, first)
            .where(cls.broadcast_id == broadcast_id, cls.step > 0)
        )
        rows = db.session.execute(statement)
        return any(not same_content(content, saved) for content, saved in rows)
