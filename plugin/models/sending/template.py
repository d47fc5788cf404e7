"""Message templates: a library per Official Account, with every version."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount


class Template(Base):
    """A named set of one to five messages."""

    __tablename__ = "template"

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
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)

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
