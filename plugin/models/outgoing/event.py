"""Events that receivers are told of, and each receiver's delivery of each."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.core.clock import rfc3339
from plugin.core.webhooks.event_types import TEST
from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.models.sql import partial_index

WAITING, DELIVERED, GIVEN_UP = "waiting", "delivered", "given_up"
# Beyond so many a number is no help to people.
MOST_COUNTED = 1000
# For queries that partial indexes serve: SQLite compares the condition to the letter.
_WAITS = text("state = 'waiting'")


class OutgoingEvent(Base):
    __tablename__ = "outgoing_event"
    __table_args__ = (
        Index("outgoing_event_of_time", "installation_id", "at"),
        partial_index(
            "outgoing_event_of_contact", "installation_id", "contact_id",
            part="contact_id IS NOT NULL",
        ),
        partial_index(
            "outgoing_event_from_contact", "installation_id", "from_contact_id",
            part="from_contact_id IS NOT NULL",
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    # The `webhook-id`: the same for every receiver, at every try and replay.
    key: Mapped[str] = mapped_column(String(40), unique=True)
    type: Mapped[str] = mapped_column(String(40))
    # When it happened, by LINE's clock or another's; and when it was written, from which its time
    # here is counted.
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    friend_id: Mapped[int | None] = mapped_column(ForeignKey("friend.id"), index=True)
    # HubSpot's ids of the contacts in `data`, by which an erasure finds it.
    contact_id: Mapped[int | None]
    from_contact_id: Mapped[int | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)

    @property
    def is_erased(self) -> bool:
        return "erased" in self.data

    @property
    def body(self) -> bytes:
        """The bytes that are signed and sent: the same at every try."""
        content = {"type": self.type, "timestamp": rfc3339(self.at), "data": self.data}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


class EventDelivery(Base):
    """One event for one receiver. A friend's events go out in the order of their ids: a later one
    waits until the earlier is delivered or given up."""

    __tablename__ = "event_delivery"
    __table_args__ = (
        UniqueConstraint("receiver_id", "event_id"),
        partial_index("event_delivery_due", "receiver_id", "next_at", part="state = 'waiting'"),
        partial_index(
            "event_delivery_turn", "receiver_id", "friend_id", "id", part="state = 'waiting'"
        ),
        Index("event_delivery_log", "receiver_id", "state", "id"),
        Index("event_delivery_of_event", "event_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    receiver_id: Mapped[int] = mapped_column(ForeignKey("webhook_receiver.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("outgoing_event.id"))
    friend_id: Mapped[int | None] = mapped_column(ForeignKey("friend.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    first_tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The last try: when, how long it took, what came back.
    tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    duration_ms: Mapped[int] = mapped_column(default=0)
    status: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(20), default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    replayed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    event: Mapped[OutgoingEvent] = relationship(lazy="joined", innerjoin=True)

    @property
    def next_try_at(self) -> datetime | None:
        """When it is tried next, None where it is settled."""
        return self.next_at if self.state == WAITING else None

    @classmethod
    def of_receivers(cls, receiver_ids: Select[tuple[int]]) -> "Select[tuple[EventDelivery]]":
        return select(cls).where(cls.receiver_id.in_(receiver_ids))

    @classmethod
    def owned(cls, installation_id: int) -> "Select[tuple[EventDelivery]]":
        receivers = WebhookReceiver.owned(installation_id).order_by(None)
        return cls.of_receivers(receivers.with_only_columns(WebhookReceiver.id))

    @classmethod
    def find_owned(cls, installation_id: int, delivery_id: int) -> "EventDelivery | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == delivery_id))

    @classmethod
    def of_receiver(cls, receiver_id: int, state: str = "") -> "Select[tuple[EventDelivery]]":
        statement = select(cls).where(cls.receiver_id == receiver_id)
        return statement.where(cls.state == state) if state else statement

    @classmethod
    def due(
        cls, receiver_id: int, now: datetime, limit: int, but: Collection[int]
    ) -> Sequence[tuple[int, int | None]]:
        """Return the ids and friends of the deliveries that came due first, but not of these
        friends."""
        is_other = or_(cls.friend_id.is_(None), cls.friend_id.not_in(but))
        statement = select(cls.id, cls.friend_id).where(
            cls.receiver_id == receiver_id, _WAITS, cls.next_at <= now, is_other
        )
        ordered = statement.order_by(cls.next_at, cls.id).limit(limit)
        return db.session.execute(ordered).tuples().all()

    @classmethod
    def due_tests(cls, receiver_id: int, now: datetime) -> Sequence[int]:
        """Return the ids of due deliveries that try the receiver out."""
        statement = select(cls.id).join(OutgoingEvent, OutgoingEvent.id == cls.event_id)
        tests = statement.where(
            cls.receiver_id == receiver_id,
            _WAITS,
            cls.friend_id.is_(None),
            cls.next_at <= now,
            OutgoingEvent.type == TEST,
        )
        return db.session.scalars(tests.order_by(cls.id).limit(10)).all()

    @classmethod
    def next_due(cls, receiver_id: int) -> datetime | None:
        statement = select(cls.next_at).where(cls.receiver_id == receiver_id, _WAITS)
        return db.session.scalar(statement.order_by(cls.next_at).limit(1))

    @classmethod
    def first_of_friend(cls, receiver_id: int, friend_id: int) -> "EventDelivery | None":
        """Return the friend's delivery whose turn it is, as it stands at this moment."""
        statement = select(cls).where(
            cls.receiver_id == receiver_id, cls.friend_id == friend_id, _WAITS
        )
        first = statement.order_by(cls.id).limit(1)
        return db.session.scalar(first.execution_options(populate_existing=True))

    @classmethod
    def waiting_by_id(cls, delivery_id: int) -> "EventDelivery | None":
        statement = select(cls).where(cls.id == delivery_id, cls.state == WAITING)
        return db.session.scalar(statement.execution_options(populate_existing=True))

    @classmethod
    def wait_behind(cls, first: "EventDelivery") -> None:
        """Have the friend's later deliveries come due with the first, in the caller's transaction:
        they are not looked at again before."""
        later = update(cls).where(
            cls.receiver_id == first.receiver_id,
            cls.friend_id == first.friend_id,
            _WAITS,
            cls.next_at < first.next_at,
        )
        db.session.execute(
            later.values(next_at=first.next_at), execution_options={"synchronize_session": False}
        )

    @classmethod
    def begin_anew(cls, receiver_id: int, now: datetime) -> None:
        """Have what waits come due now as if it had not been tried, in the caller's transaction."""
        tried = update(cls).where(
            cls.receiver_id == receiver_id, _WAITS, or_(cls.attempts > 0, cls.next_at > now)
        )
        db.session.execute(
            tried.values(next_at=now, attempts=0, first_tried_at=None),
            execution_options={"synchronize_session": False},
        )

    @classmethod
    def count_of(cls, receiver_id: int, state: str) -> int:
        """Count a receiver's deliveries in a state, up to `MOST_COUNTED`."""
        found = cls.of_receiver(receiver_id, state).with_only_columns(cls.id)
        counted = select(func.count()).select_from(found.limit(MOST_COUNTED).subquery())
        return db.session.scalar(counted) or 0
