"""How an Official Account's inbox is kept and watched."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, db

KEPT_DAYS = 365


class InboxRules(Base):
    """An account without a row has the defaults."""

    __tablename__ = "inbox_rules"

    official_account_id: Mapped[int] = mapped_column(
        ForeignKey("official_account.id"), primary_key=True
    )
    # How long words and pictures of both sides are kept.
    kept_days: Mapped[int] = mapped_column(default=KEPT_DAYS)
    # Minutes without a reader after which an e-mail goes out; None: never.
    notify_after: Mapped[int | None] = mapped_column()
    # Who gets it, comma-separated; "": the assigned member, else all members.
    notify_to: Mapped[str] = mapped_column(String(1000), default="")

    @classmethod
    def of(cls, account_id: int) -> "InboxRules":
        row = db.session.get(cls, account_id)
        return row or cls(official_account_id=account_id, kept_days=KEPT_DAYS, notify_to="")
