"""The nightly comparison of Musubi with HubSpot, as far as it has come."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


class ReconcileRun(Base):
    """One pass over a tenant's contacts. `cursor`: the last contact row that was compared.

    Before it, HubSpot is searched for contacts that nobody told of: `searched_account` is the last
    account for which that is done, `searched_after` the last contact id met for the next one.
    `counts` by outcome: same, rewritten, linked, unlinked, conflict, refused, gone, merged, later,
    unread.
    """

    __tablename__ = "reconcile_run"
    __table_args__ = (Index("reconcile_run_of", "installation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    searched_account: Mapped[int] = mapped_column(BigInteger, default=0)
    searched_after: Mapped[int] = mapped_column(BigInteger, default=0)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    read: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    error: Mapped[str] = mapped_column(String(500), default="")

    @classmethod
    def newest_of(cls, installation_id: int) -> "ReconcileRun | None":
        """The tenant's last run, finished or not."""
        return db.session.scalar(cls._of(installation_id).limit(1))

    def before(self) -> "ReconcileRun | None":
        """The run before this one."""
        mine = self._of(self.installation_id).where(ReconcileRun.id < self.id)
        return db.session.scalar(mine.limit(1))

    @classmethod
    def _of(cls, installation_id: int) -> Select[tuple["ReconcileRun"]]:
        mine = select(cls).where(cls.installation_id == installation_id)
        return mine.order_by(cls.id.desc())
