"""Messages that LINE is asked to deliver."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    Select,
    String,
    bindparam,
    exists,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from plugin.models.base import Base, BigId, UTCDateTime, db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.sending.action_call import ActionCall
from plugin.models.sql import among, partial_index

# A Delivery is planned, then sending (a try may be out), then has one of the three results.
PLANNED, SENDING, ACCEPTED, REFUSED, UNKNOWN = (
    "planned", "sending", "accepted", "refused", "unknown",
)  # fmt: skip
OPEN = text("state IN ('planned', 'sending')")


class Delivery(Base):
    """One LINE call with one retry key, both stored before the first try."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("delivery_of_account", "official_account_id", "id"),
        # Small whatever was ever sent, so that asking whether anything waits costs nothing.
        # Most deliveries have one of these alone.
        partial_index("delivery_of_call", "action_call_id", part="action_call_id IS NOT NULL"),
        partial_index("delivery_of_broadcast", "broadcast_id", part="broadcast_id IS NOT NULL"),
        partial_index(
            "delivery_of_conversation", "conversation_id", part="conversation_id IS NOT NULL"
        ),
        partial_index(
            "delivery_of_template", "template_id", "created_at", part="template_id IS NOT NULL"
        ),
        Index("delivery_open", "official_account_id", postgresql_where=OPEN, sqlite_where=OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    official_account_id: Mapped[int] = mapped_column(ForeignKey("official_account.id"))
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"), index=True)
    action_call_id: Mapped[int | None] = mapped_column(ForeignKey("action_call.id"))
    # The broadcast that it belongs to; no execution, broadcast or conversation: a test send.
    broadcast_id: Mapped[int | None] = mapped_column(ForeignKey("broadcast.id"))
    # The conversation that it is an answer in.
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    retry_key: Mapped[str] = mapped_column(String(36), unique=True)
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    silent: Mapped[bool] = mapped_column(default=False)
    # The template and its version that the messages come from, where they do.
    template_id: Mapped[int | None] = mapped_column(ForeignKey("template.id"))
    template_version: Mapped[int | None] = mapped_column()
    # LINE's name for its statistics, "" for none.
    aggregation_unit: Mapped[str] = mapped_column(String(30), default="", server_default="")
    # "owed": the messages still hold tokens; "reading": a worker reads their values until
    # `filling_until`; "failed": they cannot be filled, `error` says why.
    filling: Mapped[str] = mapped_column(String(10), default="")
    filling_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The messages with their tokens, kept until the first try goes out, and when they were filled.
    written: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    filled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The token of the friend's words that it goes out as a free reply to, "" for a push.
    reply_token: Mapped[str] = mapped_column(String(100), default="", server_default="")
    state: Mapped[str] = mapped_column(String(20), default=PLANNED)
    result: Mapped[str] = mapped_column(String(40), default="")
    error: Mapped[str] = mapped_column(String(500), default="")
    message_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    line_request_id: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    first_tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The outcome of a try is unknown: the message may have arrived.
    maybe_sent: Mapped[bool] = mapped_column(default=False)
    give_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    friend: Mapped[Friend] = relationship(lazy="joined", innerjoin=True)
    action_call: Mapped[ActionCall | None] = relationship(lazy="joined")

    @property
    def is_settled(self) -> bool:
        return self.state in (ACCEPTED, REFUSED, UNKNOWN)

    @classmethod
    def by_id(cls, delivery_id: int) -> "Delivery | None":
        return db.session.get(cls, delivery_id)

    @classmethod
    def by_ids(cls, delivery_ids: Sequence[int]) -> "list[Delivery]":
        """Read a batch: the accounts once for all, the linked contacts only where they are used."""
        statement = select(cls).where(cls.id.in_(delivery_ids)).options(*OF_A_BATCH)
        return list(db.session.scalars(statement))

    @classmethod
    def any_open(cls, account_id: int) -> bool:
        """Whether a send before this one waits; a broadcast's wait for nobody but themselves."""
        alone = cls.official_account_id == account_id, cls.broadcast_id.is_(None)
        waiting = select(cls.id).where(*alone, OPEN)
        return bool(db.session.scalar(select(exists(waiting))))

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Delivery"]]:
        accounts = select(OfficialAccount.id).where(
            OfficialAccount.installation_id == installation_id
        )
        return select(cls).where(cls.official_account_id.in_(accounts))

    @classmethod
    def find_owned(cls, installation_id: int, delivery_id: int) -> "Delivery | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == delivery_id))

    @classmethod
    def of_call(cls, action_call_id: int) -> "Delivery | None":
        return db.session.scalar(select(cls).where(cls.action_call_id == action_call_id))

    @classmethod
    def by_retry_key(cls, retry_key: str) -> "Delivery | None":
        return db.session.scalar(select(cls).where(cls.retry_key == retry_key))


# Each account once for all, since its secrets are opened with it; contacts where they are used.
_friend = joinedload(Delivery.friend, innerjoin=True)
OF_A_BATCH = (
    _friend.selectinload(Friend.official_account),
    _friend.joinedload(Friend.linkage).lazyload(Linkage.contact),
)


def mark_sending(deliveries: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Store that a try of each begins, in the caller's transaction, which commits before the call.
    Return those that nobody has settled meanwhile."""
    ids = [delivery.id for delivery in deliveries]
    still_open = select(Delivery.id).where(Delivery.id.in_(ids), OPEN)
    # In the order of ids, against deadlocks.
    locked = still_open.order_by(Delivery.id).with_for_update()
    statement = update(Delivery).where(among(Delivery.id, locked)).returning(Delivery.id)
    first_tried_at = func.coalesce(Delivery.first_tried_at, now)
    values = {"state": SENDING, "maybe_sent": True, "first_tried_at": first_tried_at}
    no_sync = {"synchronize_session": False}
    marked_ids = set(db.session.scalars(statement.values(values), execution_options=no_sync))
    marked = [delivery for delivery in deliveries if delivery.id in marked_ids]
    for delivery in marked:
        set_committed_value(delivery, "state", SENDING)
        set_committed_value(delivery, "maybe_sent", True)
        set_committed_value(delivery, "first_tried_at", delivery.first_tried_at or now)
    return marked


class AcceptedDelivery(NamedTuple):
    """What LINE answered to one delivery."""

    id: int
    line_request_id: str
    message_ids: list[str]


def store_accepted(rows: Sequence[AcceptedDelivery], now: datetime) -> None:
    """Store LINE's answers, in the caller's transaction, and leave loaded objects unchanged."""
    values = [row._asdict() for row in rows]
    if db.session().get_bind().dialect.name == "postgresql":
        db.session.execute(_ACCEPT_ALL, {"rows": values, "now": now})
    else:
        db.session.execute(_ACCEPT, [{**row, "now": now} for row in values])


# The lists of ids go in as JSON, which both databases keep as text of the same form.
_ACCEPTED = """
UPDATE delivery SET state = 'accepted', result = 'sent', settled_at = :now, error = '',
    written = NULL, line_request_id = {request_id}, message_ids = {message_ids}"""
_NOW = bindparam("now", type_=UTCDateTime())
_ACCEPT = text(
    _ACCEPTED.format(request_id=":line_request_id", message_ids=":message_ids") + " WHERE id = :id"
).bindparams(_NOW, bindparam("message_ids", type_=JSON()))
# One statement instead of a round trip for each.
_ACCEPT_ALL = text(
    _ACCEPTED.format(request_id="answer.line_request_id", message_ids="answer.message_ids")
    + """
FROM jsonb_to_recordset(:rows) AS answer(id bigint, line_request_id text, message_ids json)
WHERE delivery.id = answer.id"""
).bindparams(_NOW, bindparam("rows", type_=JSONB()))
