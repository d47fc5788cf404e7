"""Message templates: a library per Official Account, with every version."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount


class Template(Base):
    """A named set of one to five messages."""

    __tablename__ = "template"
    __table_args__ = (Index("template_of_form", "official_account_id", "form_key", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    # The kind of its first message (`core.messages.drafts.KINDS`).
    kind: Mapped[str] = mapped_column(String(20))
    # The number of the version that is sent.
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # Archived templates stay, so that a saved workflow with one can say why nothing is sent.
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Of the form that made it: a form that is sent twice makes one template.
    form_key: Mapped[str | None] = mapped_column(String(40))
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def of_form(cls, account_id: int, form_key: str) -> "Template | None":
        own = cls.official_account_id == account_id, cls.form_key == form_key
        return db.session.scalar(select(cls).where(*own))

    @classmethod
    def owned(cls, installation_id: int, archived: bool = False) -> Select[tuple["Template"]]:
        accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
        statement = select(cls).where(cls.official_account_id.in_(accounts.order_by(None)))
        condition = cls.archived_at.is_not(None) if archived else cls.archived_at.is_(None)
        return statement.where(condition)

    @classmethod
    def find_owned(
        cls, installation_id: int, template_id: int, archived: bool = False
    ) -> "Template | None":
        rows = cls.owned(installation_id, archived)
        return db.session.scalar(rows.where(cls.id == template_id))
