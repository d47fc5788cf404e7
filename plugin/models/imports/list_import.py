"""Imports of LINE User IDs from a property of the contacts of a HubSpot list."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.imports.import_run import IDLE, ImportRun

_MEMBER = ("list_import_id", "contact_id")


class ListImport(Base):
    __tablename__ = "list_import"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"), index=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    list_id: Mapped[str] = mapped_column(String(40))
    list_name: Mapped[str] = mapped_column(String(255), default="")
    property_name: Mapped[str] = mapped_column(String(200))
    # 0: only on request.
    every_minutes: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(20), default=IDLE)
    next_run_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When the newest complete pass over all members began, and the newest successful run.
    whole_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    changed_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The cursor of the last page of members and the first id on it, from where the next run looks
    # for new members. None: the next run reads the whole list.
    tail_after: Mapped[str | None] = mapped_column(String(500))
    tail_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    official_account: Mapped[OfficialAccount] = relationship(lazy="joined", innerjoin=True)

    @property
    def last_run(self) -> "ImportRun | None":
        return next(iter(ImportRun.newest(self.id, 1)), None)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["ListImport"]]:
        statement = select(cls).where(cls.installation_id == installation_id)
        return statement.where(cls.archived_at.is_(None)).order_by(cls.id)

    @classmethod
    def find_owned(cls, installation_id: int, import_id: int) -> "ListImport | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == import_id))

    @classmethod
    def by_id(cls, import_id: int) -> "ListImport | None":
        return db.session.get(cls, import_id, populate_existing=True)
