"""Versions of message templates."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Select, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from plugin.core.text.row_ids import small_number
from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.sending.template import Template


class TemplateVersion(Base):
    """What a template contains from `created_at` on; never changed."""

    __tablename__ = "template_version"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("template.id"))
    number: Mapped[int] = mapped_column()
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    # Whether its web addresses lead through Musubi, so that taps are counted.
    tracks_links: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    # The person who saved it.
    by: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def of_template(cls, template_id: int) -> "list[TemplateVersion]":
        rows = cls.owned_by(template_id).order_by(cls.number.desc())
        return list(db.session.scalars(rows))

    @classmethod
    def owned_by(cls, template_id: int) -> "Select[tuple[TemplateVersion]]":
        return select(cls).where(cls.template_id == template_id)

    @classmethod
    def numbered(cls, template_id: int, number: str) -> "TemplateVersion | None":
        """`number`: as it stands in an address."""
        wanted = cls.owned_by(template_id).where(cls.number == (small_number(number) or 0))
        return db.session.scalar(wanted)

    @classmethod
    def untracked(cls, template_ids: Collection[int]) -> set[tuple[int, int]]:
        """Return template id and number of the versions whose links stay as they are."""
        plain = select(cls.template_id, cls.number).where(cls.tracks_links.is_(False))
        statement = plain.where(cls.template_id.in_(template_ids))
        return set(db.session.execute(statement).tuples())

    @classmethod
    def current_of(cls, template_ids: Collection[int]) -> "dict[int, TemplateVersion]":
        """Return the versions that are sent, by the template's id."""
        statement = select(cls).join(Template, Template.id == cls.template_id)
        sent = statement.where(cls.template_id.in_(template_ids), cls.number == Template.version)
        return {version.template_id: version for version in db.session.scalars(sent)}

    @classmethod
    def current(cls, template: Template) -> "TemplateVersion":
        statement = select(cls).where(cls.template_id == template.id)
        return db.session.scalars(statement.where(cls.number == template.version)).one()
