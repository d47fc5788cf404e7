"""How much of a month's messages an Official Account has used, as LINE last said."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db


class QuotaReading(Base):
    """LINE's two figures for one account. `limit` None: the plan knows none.

    `paused_until`: LINE refused a send although messages are left, because another send reserved
    them; nothing is tried before. `used_up_at`: LINE refused and nothing is left this month.
    """

    __tablename__ = "quota_reading"

    official_account_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("official_account.id"), primary_key=True
    )
    limit: Mapped[int | None] = mapped_column()
    used: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paused_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def of_account(cls, account_id: int) -> "QuotaReading | None":
        """The last reading, as it stands now."""
        return db.session.get(cls, account_id, populate_existing=True)

    def is_older_than(self, age: timedelta, now: datetime) -> bool:
        """Whether the figures want reading again."""
        return now - self.read_at > age
