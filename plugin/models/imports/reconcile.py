"""Nightly comparisons of Musubi with HubSpot."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


class ReconcileRun(Base):
    __tablename__ = "reconcile_run"
    __table_args__ = (Index("reconcile_run_of", "installation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # First HubSpot is searched for contacts without a webhook event: up to this account it is done,
    # and for the next one up to this contact id.
    searched_account: Mapped[int] = mapped_column(BigInteger, default=0)
    searched_after: Mapped[int] = mapped_column(BigInteger, default=0)
    # The last contact row that was compared.
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    read: Mapped[int] = mapped_column(default=0)
    # By outcome: same, rewritten, linked, unlinked, conflict, refused, gone, merged, later, unread.
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    error: Mapped[str] = mapped_column(String(500), default="")

    @classmethod
    def newest_of(cls, installation_id: int) -> "ReconcileRun | None":
        return db.session.scalar(cls._of(installation_id).limit(1))

    def before(self) -> "ReconcileRun | None":
        statement = self._of(self.installation_id).where(ReconcileRun.id < self.id)
        return db.session.scalar(statement.limit(1))

    @classmethod
    def _of(cls, installation_id: int) -> Select[tuple["ReconcileRun"]]:
        statement = select(cls).where(cls.installation_id == installation_id)
        return statement.order_by(cls.id.desc())
