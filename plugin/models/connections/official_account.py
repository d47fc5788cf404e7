"""LINE Official Accounts of an Installation, each with its two channels."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db

if TYPE_CHECKING:
    from plugin.models.connections.installation import Installation


class OfficialAccount(Base):
    __tablename__ = "official_account"
    __table_args__ = (
        UniqueConstraint("installation_id", "channel_id"),
        UniqueConstraint("installation_id", "position"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    # Counts the tenant's accounts from 1.
    position: Mapped[int] = mapped_column()
    channel_id: Mapped[str] = mapped_column(String(40))
    channel_secret: Mapped[str] = mapped_column(Sealed)
    bot_user_id: Mapped[str] = mapped_column(String(80))
    basic_id: Mapped[str] = mapped_column(String(60), default="")
    name: Mapped[str] = mapped_column(String(255), default="")
    picture_url: Mapped[str] = mapped_column(String(2000), default="")
    chat_mode: Mapped[str] = mapped_column(String(20), default="")
    login_channel_id: Mapped[str] = mapped_column(String(40), default="")
    login_channel_secret: Mapped[str] = mapped_column(Sealed, default="")
    # Since when that channel is entered; None: since the account is connected.
    login_channel_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # LINE refuses the e-mail scope on a Login channel without the permission; then this goes off.
    login_email: Mapped[bool] = mapped_column(default=True)
    liff_url: Mapped[str] = mapped_column(String(500), default="")
    # The unguessable part of the account's webhook address.
    webhook_key: Mapped[str] = mapped_column(String(64), unique=True)
    previous_webhook_url: Mapped[str] = mapped_column(String(500), default="")
    # Results of the last check by name: {"webhook_url": {"ok": true, "detail": ""}, ...}
    checks: Mapped[dict[str, dict[str, object]]] = mapped_column(JSON, default=dict)
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The month's messages as LINE last reported them; `quota_limit` None: the plan has no limit.
    quota_limit: Mapped[int | None] = mapped_column()
    quota_used: Mapped[int] = mapped_column(default=0)
    quota_read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # How many of them Musubi itself had sent by then.
    sent_when_read: Mapped[int | None] = mapped_column()
    # LINE refused although messages are left, since another send reserved them: not before then.
    quota_paused_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # LINE refused, and nothing is left of the month's messages.
    quota_used_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    webhook_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    installation: Mapped["Installation"] = relationship(lazy="joined", innerjoin=True)

    @property
    def property_suffix(self) -> str:
        """The suffix of this account's HubSpot property names: nothing, `_2`, `_3` ..."""
        return "" if self.position == 1 else f"_{self.position}"

    @property
    def can_login(self) -> bool:
        return bool(self.login_channel_id and self.login_channel_secret)

    @property
    def login_since(self) -> datetime:
        """The moment before which logins were those of another LINE Login channel."""
        return self.login_channel_at or self.created_at

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["OfficialAccount"]]:
        statement = select(cls).where(cls.installation_id == installation_id)
        return statement.where(cls.archived_at.is_(None)).order_by(cls.position)

    @classmethod
    def owned_ids(cls, installation_id: int) -> Select[tuple[int]]:
        return cls.owned(installation_id).with_only_columns(cls.id).order_by(None)

    @classmethod
    def list_owned(cls, installation_id: int) -> "list[OfficialAccount]":
        return list(db.session.scalars(cls.owned(installation_id)))

    @classmethod
    def find_owned(cls, installation_id: int, account_id: int) -> "OfficialAccount | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == account_id))

    @classmethod
    def by_id(cls, account_id: int) -> "OfficialAccount | None":
        return db.session.get(cls, account_id)
