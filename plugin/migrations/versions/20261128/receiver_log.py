"""Events are found by their contacts, and end by when they were written; receivers are removed in
batches.

Revision ID: receiver_log
Revises: sent_when_read
"""

import sqlalchemy as sa
from alembic import op

revision = "receiver_log"
down_revision = "sent_when_read"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
NAMES = ("contact_id", "from_contact_id")
# By column; for PostgreSQL and SQLite, whose JSON differs.
_VALUES = {
    "postgresql": "CAST(NULLIF(data ->> '{name}', '') AS BIGINT)",
    "sqlite": "CAST(NULLIF(json_extract(data, '$.{name}'), '') AS INTEGER)",
}


def upgrade() -> None:
    op.add_column("webhook_receiver", sa.Column("removed_at", TIME, nullable=True))
    op.add_column("webhook_receiver", sa.Column("lost_at", TIME, nullable=True))
    op.add_column(
        "webhook_receiver", sa.Column("lost", BIG_ID, nullable=False, server_default="0")
    )
    for name in NAMES:
        op.add_column("outgoing_event", sa.Column(name, BIG_ID, nullable=True))
    # SQLite adds a column that is never NULL only with a constant, and else copies the table, at
    # which deliveries point.
    start = "1970-01-01 00:00:00" if op.get_bind().dialect.name == "sqlite" else None
    written_at = sa.Column("written_at", TIME, nullable=start is None, server_default=start)
    op.add_column("outgoing_event", written_at)
    value = _VALUES[op.get_bind().dialect.name]
    values = ", ".join(f"{name} = {value.format(name=name)}" for name in NAMES)
    op.execute(f"UPDATE outgoing_event SET written_at = CURRENT_TIMESTAMP, {values}")  # noqa: S608 - its own words
    for name in ("ix_outgoing_event_at", "outgoing_event_of_tenant"):
        op.drop_index(name, "outgoing_event")
    if start is None:
        op.alter_column("outgoing_event", "written_at", existing_type=TIME, nullable=False)
    op.create_index("outgoing_event_of_time", "outgoing_event", ["installation_id", "at"])
    op.create_index("ix_outgoing_event_written_at", "outgoing_event", ["written_at"])
    for index, name in (
        ("outgoing_event_of_contact", "contact_id"),
        ("outgoing_event_from_contact", "from_contact_id"),
    ):
        part = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            index, "outgoing_event", ["installation_id", name],
            sqlite_where=part, postgresql_where=part,
        )  # fmt: skip


def downgrade() -> None:
    """What was lost is not counted any more, and receivers that are being removed are gone."""
    removed = "SELECT id FROM webhook_receiver WHERE removed_at IS NOT NULL"
    op.execute(f"DELETE FROM event_delivery WHERE receiver_id IN ({removed})")  # noqa: S608 - its own words
    op.execute("DELETE FROM webhook_receiver WHERE removed_at IS NOT NULL")
    op.execute("DELETE FROM job WHERE kind = 'remove_receiver'")
    for name in (
        "outgoing_event_from_contact", "outgoing_event_of_contact",
        "ix_outgoing_event_written_at", "outgoing_event_of_time",
    ):  # fmt: skip
        op.drop_index(name, "outgoing_event")
    for name in ("written_at", *NAMES):
        op.execute(f"ALTER TABLE outgoing_event DROP COLUMN {name}")
    op.create_index("outgoing_event_of_tenant", "outgoing_event", ["installation_id", "id"])
    op.create_index("ix_outgoing_event_at", "outgoing_event", ["at"])
    for name in ("removed_at", "lost_at", "lost"):
        op.execute(f"ALTER TABLE webhook_receiver DROP COLUMN {name}")
