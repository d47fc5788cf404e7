"""The nightly comparison of Musubi with HubSpot, as far as it has come."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


class ReconcileRun(Base):
    """One pass over a tenant's contacts. `cursor`: the last contact row that was compared.

    `counts` by outcome: same, rewritten, linked, unlinked, conflict, refused, gone, later.
    """

    __tablename__ = "reconcile_run"
    __table_args__ = (Index("reconcile_run_of", "installation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    read: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    error: Mapped[str] = mapped_column(String(500), default="")

    @classmethod
    def newest_of(cls, installation_id: int) -> "ReconcileRun | None":
        """The tenant's last run, finished or not."""
        mine = select(cls).where(cls.installation_id == installation_id)
        return db.session.scalar(mine.order_by(cls.id.desc()).limit(1))
