"""What HubSpot asked for, and what LINE was asked to deliver."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    exists,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Friend

# An ActionCall is working (in a crowd it is taken down first), then answered (a callback is owed),
# then completed, or expired where HubSpot did not wait for the callback.
TAKEN, WORKING, ANSWERED, COMPLETED, EXPIRED = (
    "taken", "working", "answered", "completed", "expired",
)  # fmt: skip
# A Delivery is planned, then sending (a try may be out), then one of the three ends.
PLANNED, SENDING, ACCEPTED, REFUSED, UNKNOWN = (
    "planned", "sending", "accepted", "refused", "unknown",
)  # fmt: skip
OPEN = text("state IN ('planned', 'sending')")


class ActionCall(Base):
    """One execution of a workflow action; HubSpot may repeat it under the same `callback_id`."""

    __tablename__ = "action_call"
    __table_args__ = (
        UniqueConstraint("installation_id", "callback_id"),
        Index("action_call_owed", "installation_id", "state", "id"),
        Index("action_call_due", "state", "expires_at"),
        Index("action_call_of_contact", "installation_id", "contact_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    callback_id: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(40))
    contact_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(20), default=WORKING)
    # HubSpot was told to wait, so it must be told the end.
    blocked: Mapped[bool] = mapped_column(default=False)
    # What it was called with, while it is taken; kept no longer than it is needed.
    inputs: Mapped[dict[str, str] | None] = mapped_column(JSON)
    # The `result` among the outputs, where it can be searched for.
    result: Mapped[str] = mapped_column(String(40), default="")
    outputs: Mapped[str | None] = mapped_column(Sealed)
    note: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["ActionCall"]]:
        """Every execution a tenant's workflows ever asked for."""
        return select(cls).where(cls.installation_id == installation_id)

    @classmethod
    def find_owned(cls, installation_id: int, call_id: int) -> "ActionCall | None":
        """One execution of the tenant, or None whether it is missing or foreign."""
        return db.session.scalar(cls.owned(installation_id).where(cls.id == call_id))

    @classmethod
    def of_callback(cls, installation_id: int, callback_id: str) -> "ActionCall | None":
        """The execution HubSpot means."""
        mine = select(cls).where(cls.installation_id == installation_id)
        return db.session.scalar(mine.where(cls.callback_id == callback_id))

    @classmethod
    def owing(cls, installation_id: int, limit: int) -> "list[ActionCall]":
        """Executions whose end HubSpot has not been told yet."""
        mine = select(cls).where(cls.installation_id == installation_id, cls.state == ANSWERED)
        return list(db.session.scalars(mine.order_by(cls.id).limit(limit)))


class Delivery(Base):
    """One LINE call with one retry key, both stored before the first try."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("delivery_of_account", "official_account_id", "id"),
        # Small whatever was ever sent, so that asking whether anything waits costs nothing.
        Index("delivery_open", "official_account_id", postgresql_where=OPEN, sqlite_where=OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"), index=True)
    action_call_id: Mapped[int | None] = mapped_column(ForeignKey("action_call.id"), index=True)
    retry_key: Mapped[str] = mapped_column(String(36), unique=True)
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    silent: Mapped[bool] = mapped_column(default=False)
    # The template and the version of it that the messages come from, where they do.
    template_id: Mapped[int | None] = mapped_column(ForeignKey("template.id"))
    template_version: Mapped[int | None] = mapped_column()
    # "owed": the messages hold tokens still; "failed": they cannot be filled, `error` says why.
    filling: Mapped[str] = mapped_column(String(10), default="")
    state: Mapped[str] = mapped_column(String(20), default=PLANNED)
    result: Mapped[str] = mapped_column(String(40), default="")
    error: Mapped[str] = mapped_column(String(500), default="")
    message_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    line_request_id: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    first_tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # A try went out whose outcome nobody knows: the message may have arrived.
    maybe_sent: Mapped[bool] = mapped_column(default=False)
    give_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    friend: Mapped[Friend] = relationship(lazy="joined", innerjoin=True)
    action_call: Mapped[ActionCall | None] = relationship(lazy="joined")

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will be tried."""
        return self.state in (ACCEPTED, REFUSED, UNKNOWN)

    @classmethod
    def by_id(cls, delivery_id: int) -> "Delivery | None":
        """For jobs, which carry the delivery's own id."""
        return db.session.get(cls, delivery_id)

    @classmethod
    def by_ids(cls, delivery_ids: Sequence[int]) -> "list[Delivery]":
        """The same for many, with one query."""
        return list(db.session.scalars(select(cls).where(cls.id.in_(delivery_ids))).unique())

    @classmethod
    def any_open(cls, account_id: int) -> bool:
        """Whether anything of this account still waits to be sent."""
        waiting = select(cls.id).where(cls.official_account_id == account_id, OPEN)
        return bool(db.session.scalar(select(exists(waiting))))

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Delivery"]]:
        """What was sent for one tenant, or is to be."""
        accounts = select(OfficialAccount.id).where(
            OfficialAccount.installation_id == installation_id
        )
        return select(cls).where(cls.official_account_id.in_(accounts))

    @classmethod
    def find_owned(cls, installation_id: int, delivery_id: int) -> "Delivery | None":
        """One send of the tenant, or None whether it is missing or foreign."""
        return db.session.scalar(cls.owned(installation_id).where(cls.id == delivery_id))

    @classmethod
    def of_call(cls, action_call_id: int) -> "Delivery | None":
        """What an execution sends."""
        return db.session.scalar(select(cls).where(cls.action_call_id == action_call_id))

    @classmethod
    def by_retry_key(cls, retry_key: str) -> "Delivery | None":
        """For a signed link, which carries the key."""
        return db.session.scalar(select(cls).where(cls.retry_key == retry_key))

    @classmethod
    def of_friend(cls, friend_id: int, limit: int) -> "list[Delivery]":
        """The newest sends to a friend."""
        mine = select(cls).where(cls.friend_id == friend_id)
        return list(db.session.scalars(mine.order_by(cls.id.desc()).limit(limit)))
