"""What HubSpot asked for, and what LINE was asked to deliver."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db
from plugin.models.people import Friend

# An ActionCall is working, then answered (a callback is owed), then completed.
WORKING, ANSWERED, COMPLETED = "working", "answered", "completed"
# A Delivery is planned, then sending (a try may be out), then one of the three ends.
PLANNED, SENDING, ACCEPTED, REFUSED, UNKNOWN = (
    "planned", "sending", "accepted", "refused", "unknown",
)  # fmt: skip


class ActionCall(Base):
    """One execution of a workflow action; HubSpot may repeat it under the same `callback_id`."""

    __tablename__ = "action_call"
    __table_args__ = (
        UniqueConstraint("installation_id", "callback_id"),
        Index("action_call_owed", "installation_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    callback_id: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(40))
    contact_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(20), default=WORKING)
    blocked: Mapped[bool] = mapped_column(default=False)
    outputs: Mapped[str | None] = mapped_column(Sealed)
    note: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

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
    __table_args__ = (Index("delivery_of_account", "official_account_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"), index=True)
    action_call_id: Mapped[int | None] = mapped_column(ForeignKey("action_call.id"))
    retry_key: Mapped[str] = mapped_column(String(36), unique=True)
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    silent: Mapped[bool] = mapped_column(default=False)
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
