"""Executions of workflow actions, as HubSpot requested them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from plugin.models.base import Base, BigId, Sealed, UTCDateTime, db
from plugin.models.sql import among
from plugin.models.transaction import autocommit_scalar

# As text, since queueing does nothing else under load. It returns nothing for an execution that is
# stored already, and for a portal that is not connected.
_INSERT = text("""
INSERT INTO action_call (
    installation_id, callback_id, action, contact_id, state, blocked, result, note,
    inputs, created_at, expires_at
)
SELECT id, :callback_id, :action, :contact_id, 'taken', :blocked, '', '',
    :inputs, :created_at, :expires_at
FROM installation WHERE portal_id = :portal_id AND state IN ('active', 'paused')
ON CONFLICT DO NOTHING RETURNING installation_id
""").bindparams(
    bindparam("inputs", type_=JSON()),
    bindparam("created_at", type_=UTCDateTime()),
    bindparam("expires_at", type_=UTCDateTime()),
)


class QueuedExecution(NamedTuple):
    portal_id: int
    callback_id: str
    action: str
    contact_id: int
    inputs: Mapping[str, str]
    created_at: datetime
    # HubSpot waits for the callback until then.
    expires_at: datetime


def insert_queued(execution: QueuedExecution) -> int | None:
    """Store an execution for later, in the caller's transaction. Return the Installation's id, or
    None where it is stored already or the portal is not connected."""
    installation_id: int | None = db.session.scalar(_INSERT, _row(execution))
    return installation_id


def insert_one_queued(execution: QueuedExecution) -> int | None:
    """Do the same as a transaction of its own."""
    installation_id: int | None = autocommit_scalar(_INSERT, _row(execution))
    return installation_id


def _row(execution: QueuedExecution) -> dict[str, Any]:
    return {**execution._asdict(), "blocked": True}


# An ActionCall is working (under load it is queued first, as "taken"), then answered (a callback is
# pending), then completed, or expired where HubSpot did not wait for the callback.
QUEUED, WORKING, ANSWERED, COMPLETED, EXPIRED = (
    "taken", "working", "answered", "completed", "expired",
)  # fmt: skip


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
    # HubSpot was told to wait, so it needs the callback.
    blocked: Mapped[bool] = mapped_column(default=False)
    # What it was called with, while it is queued; kept no longer than it is needed.
    inputs: Mapped[dict[str, str] | None] = mapped_column(JSON)
    # The `result` among the outputs, unsealed, so that it can be searched for.
    result: Mapped[str] = mapped_column(String(40), default="")
    outputs: Mapped[str | None] = mapped_column(Sealed)
    note: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["ActionCall"]]:
        return select(cls).where(cls.installation_id == installation_id)

    @classmethod
    def find_owned(cls, installation_id: int, call_id: int) -> "ActionCall | None":
        return db.session.scalar(cls.owned(installation_id).where(cls.id == call_id))

    @classmethod
    def of_callback(cls, installation_id: int, callback_id: str) -> "ActionCall | None":
        statement = select(cls).where(cls.installation_id == installation_id)
        return db.session.scalar(statement.where(cls.callback_id == callback_id))

    @classmethod
    def pending_of(cls, installation_id: int, limit: int) -> "list[ActionCall]":
        """Return executions whose callback is pending."""
        statement = select(cls).where(cls.installation_id == installation_id, cls.state == ANSWERED)
        return list(db.session.scalars(statement.order_by(cls.id).limit(limit)))


def claim_queued(installation_id: int, limit: int) -> list[ActionCall]:
    """Claim the oldest queued executions, in the caller's transaction."""
    queued = select(ActionCall.id).where(
        ActionCall.installation_id == installation_id, ActionCall.state == QUEUED
    )
    oldest = queued.order_by(ActionCall.id).limit(limit).with_for_update(skip_locked=True)
    statement = update(ActionCall).where(among(ActionCall.id, oldest)).values(state=WORKING)
    calls = db.session.scalars(
        statement.returning(ActionCall),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    return sorted(calls, key=lambda call: call.id)


class EndedExecution(NamedTuple):
    """An execution's row id and what it ends with."""

    id: int
    outputs: str
    result: str


def end_all(rows: Sequence[EndedExecution], now: datetime) -> dict[int, bool]:
    """Store the ends of executions under way, in the caller's transaction, and leave loaded objects
    unchanged. Return by row id whether HubSpot waits; those that had ended before are left out."""
    sealed = Sealed()
    dialect = db.session().get_bind().dialect
    values = [
        {**row._asdict(), "outputs": sealed.process_bind_param(row.outputs, dialect)}
        for row in rows
    ]
    ended = db.session.execute(_END_ALL[dialect.name], {"rows": values, "now": now})
    return dict(ended.tuples().all())


_END = """
UPDATE action_call SET outputs = ended.outputs, inputs = NULL, result = ended.result,
    state = CASE WHEN blocked THEN 'answered' ELSE 'completed' END, completed_at = :now
FROM {rows} WHERE action_call.id = ended.id AND state IN ('taken', 'working')
RETURNING action_call.id, blocked"""
_ENDED = {
    "sqlite": """(
    SELECT value ->> 'id' AS id, value ->> 'outputs' AS outputs, value ->> 'result' AS result
    FROM json_each(:rows)) AS ended""",
    "postgresql": "jsonb_to_recordset(:rows) AS ended(id bigint, outputs text, result text)",
}
_END_ALL = {
    name: text(_END.format(rows=rows))
    .bindparams(
        bindparam("rows", type_=JSONB() if name == "postgresql" else JSON()),
        bindparam("now", type_=UTCDateTime()),
    )
    .columns(id=BigInteger(), blocked=Boolean())
    for name, rows in _ENDED.items()
}
