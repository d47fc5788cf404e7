"""Messages kept for sending again: a library per Official Account, with every version they had."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Select, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.official_account import OfficialAccount


class Template(Base):
    """A named set of one to five messages. `version` is the number of the one that is sent.

    `kind` says what its first message is (`core.bubbles.KINDS`). Archived ones are kept, so that
    a saved workflow that names one can be told why nothing is sent.
    """

    __tablename__ = "template"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def owned(cls, installation_id: int, archived: bool = False) -> Select[tuple["Template"]]:
        """A tenant's templates in use, or those it archived."""
        accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
        mine = select(cls).where(cls.official_account_id.in_(accounts.order_by(None)))
        gone = cls.archived_at.is_not(None) if archived else cls.archived_at.is_(None)
        return mine.where(gone)

    @classmethod
    def find_owned(
        cls, installation_id: int, template_id: int, archived: bool = False
    ) -> "Template | None":
        """One template in use (or archived), or None where it is missing, foreign, or not so."""
        mine = cls.owned(installation_id, archived)
        return db.session.scalar(mine.where(cls.id == template_id))


class TemplateVersion(Base):
    """What a template said from `created_at` on; never changed. `by` is who saved it.

    `tracks_links`: whether its web addresses lead over Musubi, so that taps are counted.
    """

    __tablename__ = "template_version"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("template.id"))
    number: Mapped[int] = mapped_column()
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    tracks_links: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    by: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def of_template(cls, template_id: int) -> "list[TemplateVersion]":
        """Every version, newest first."""
        mine = select(cls).where(cls.template_id == template_id)
        return list(db.session.scalars(mine.order_by(cls.number.desc())))

    @classmethod
    def untracked(cls, template_ids: Collection[int]) -> set[tuple[int, int]]:
        """Template and number of those versions whose links stay as they are."""
        plain = select(cls.template_id, cls.number).where(cls.tracks_links.is_(False))
        found = plain.where(cls.template_id.in_(template_ids))
        return set(db.session.execute(found).tuples())

    @classmethod
    def current(cls, template: Template) -> "TemplateVersion":
        """The version that is sent now."""
        mine = select(cls).where(cls.template_id == template.id)
        return db.session.scalars(mine.where(cls.number == template.version)).one()
