"""Receivers of outgoing webhooks with their deliveries, and LINE's calls that are relayed.

Revision ID: outgoing
Revises: doctor_report
"""

import sqlalchemy as sa
from alembic import op

revision = "outgoing"
down_revision = "doctor_report"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.add_column(
        "installation", sa.Column("webhook_events", sa.JSON(), nullable=False, server_default="[]")
    )
    op.create_table(
        "webhook_receiver",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("previous_secret", sa.Text(), nullable=False),
        sa.Column("previous_until", TIME, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("halted_at", TIME, nullable=True),
        sa.Column("halt_reason", sa.String(length=20), nullable=False),
        sa.Column("failures", BIG_ID, nullable=False),
        sa.Column("failing_since", TIME, nullable=True),
        sa.Column("rests_until", TIME, nullable=True),
        sa.Column("last_success_at", TIME, nullable=True),
        sa.Column("last_failure_at", TIME, nullable=True),
        sa.Column("last_error", sa.String(length=20), nullable=False),
        sa.Column("last_status", BIG_ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_webhook_receiver_installation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_receiver"),
    )
    op.create_index("ix_webhook_receiver_installation_id", "webhook_receiver", ["installation_id"])
    op.create_table(
        "outgoing_event",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("friend_id", BIG_ID, nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_outgoing_event_installation_id"
        ),
        sa.ForeignKeyConstraint(
            ["friend_id"], ["friend.id"], name="fk_outgoing_event_friend_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outgoing_event"),
        sa.UniqueConstraint("key", name="uq_outgoing_event_key"),
    )
    op.create_index("outgoing_event_of_tenant", "outgoing_event", ["installation_id", "id"])
    op.create_index("ix_outgoing_event_at", "outgoing_event", ["at"])
    op.create_index("ix_outgoing_event_friend_id", "outgoing_event", ["friend_id"])
    op.create_table(
        "event_delivery",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("receiver_id", BIG_ID, nullable=False),
        sa.Column("event_id", BIG_ID, nullable=False),
        sa.Column("friend_id", BIG_ID, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("attempts", BIG_ID, nullable=False),
        sa.Column("first_tried_at", TIME, nullable=True),
        sa.Column("tried_at", TIME, nullable=True),
        sa.Column("duration_ms", BIG_ID, nullable=False),
        sa.Column("status", BIG_ID, nullable=False),
        sa.Column("error", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("settled_at", TIME, nullable=True),
        sa.Column("replayed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["webhook_receiver.id"], name="fk_event_delivery_receiver_id"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["outgoing_event.id"], name="fk_event_delivery_event_id"
        ),
        sa.ForeignKeyConstraint(
            ["friend_id"], ["friend.id"], name="fk_event_delivery_friend_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_delivery"),
        sa.UniqueConstraint(
            "receiver_id", "event_id", name="uq_event_delivery_receiver_id_event_id"
        ),
    )
    op.create_index(
        "event_delivery_due",
        "event_delivery",
        ["receiver_id", "next_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "event_delivery_turn",
        "event_delivery",
        ["receiver_id", "friend_id", "id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index("event_delivery_log", "event_delivery", ["receiver_id", "state", "id"])
    op.create_index("event_delivery_of_event", "event_delivery", ["event_id"])
    op.create_index("ix_event_delivery_friend_id", "event_delivery", ["friend_id"])
    op.create_table(
        "line_relay",
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("last_success_at", TIME, nullable=True),
        sa.Column("last_failure_at", TIME, nullable=True),
        sa.Column("last_error", sa.String(length=20), nullable=False),
        sa.Column("last_status", BIG_ID, nullable=False),
        sa.Column("dropped", BIG_ID, nullable=False),
        sa.Column("dropped_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_line_relay_official_account_id",
        ),
        sa.PrimaryKeyConstraint("official_account_id", name="pk_line_relay"),
    )
    op.create_table(
        "relayed_call",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=200), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("attempts", BIG_ID, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_relayed_call_official_account_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_relayed_call"),
    )
    op.create_index("relayed_call_of_account", "relayed_call", ["official_account_id", "id"])


def downgrade() -> None:
    """Receivers, their events and relays are gone."""
    for table in (
        "relayed_call", "line_relay", "event_delivery", "outgoing_event", "webhook_receiver",
    ):
        op.drop_table(table)
    op.drop_column("installation", "webhook_events")
