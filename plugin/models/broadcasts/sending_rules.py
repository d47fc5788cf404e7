"""Each Official Account's rules of sending: frequency cap, quiet hours, holdout, approval, cost."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, UTCDateTime, db


class SendingRules(Base):
    """An account without a row has no rule."""

    __tablename__ = "sending_rules"

    official_account_id: Mapped[int] = mapped_column(
        ForeignKey("official_account.id"), primary_key=True
    )
    # At most so many messages to a friend in so many rolling days; None: no cap.
    cap_messages: Mapped[int | None] = mapped_column()
    cap_days: Mapped[int] = mapped_column(default=7)
    # When messages may go out: [from, until] in minutes of the day for each weekday from Monday on;
    # None: at any time. An equal pair closes the day.
    open_hours: Mapped[list[list[int]] | None] = mapped_column(JSON(none_as_null=True))
    # IANA; "": the portal's. With `zone_property` a contact's own zone counts where it has one.
    time_zone: Mapped[str] = mapped_column(String(60), default="")
    zone_property: Mapped[str] = mapped_column(String(100), default="")
    # Percent of friends that no broadcast reaches, by `core.broadcasts.buckets.global_bucket`.
    holdout_percent: Mapped[int] = mapped_column(default=0)
    # A broadcast to more people needs another member's approval; None: never.
    approval_above: Mapped[int | None] = mapped_column()
    # The plan: messages of a month that cost nothing more, and the price of one more in thousandths
    # of the currency's unit; None: not entered.
    free_messages: Mapped[int | None] = mapped_column()
    price_milli: Mapped[int | None] = mapped_column()
    currency: Mapped[str] = mapped_column(String(3), default="JPY")
    changed_by: Mapped[str] = mapped_column(String(255), default="")
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def of_account(cls, account_id: int) -> "SendingRules | None":
        return db.session.get(cls, account_id)

    @classmethod
    def of_accounts(cls, account_ids: Sequence[int]) -> "dict[int, SendingRules]":
        rows = db.session.scalars(select(cls).where(cls.official_account_id.in_(account_ids)))
        return {row.official_account_id: row for row in rows}
