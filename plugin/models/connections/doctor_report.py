"""What the doctor found of an installation when it was last asked."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, UTCDateTime, db
from plugin.models.sql import insert_or


class DoctorReport(Base):
    """Verdicts on HubSpot and on Musubi itself; those of an Official Account stand in its row."""

    __tablename__ = "doctor_report"

    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"), primary_key=True)
    # By name of the check, as `OfficialAccount.checks`.
    checks: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON, default=dict)
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def of(cls, installation_id: int) -> "DoctorReport | None":
        return db.session.get(cls, installation_id, populate_existing=True)

    @classmethod
    def keep(cls, installation_id: int, checks: dict[str, dict[str, Any]], at: datetime) -> None:
        """Store the newest verdicts, inside the caller's transaction."""
        values = {"checks": checks, "checked_at": at}
        statement = insert_or(cls).values(installation_id=installation_id, **values)
        db.session.execute(
            statement.on_conflict_do_update(index_elements=["installation_id"], set_=values)
        )
