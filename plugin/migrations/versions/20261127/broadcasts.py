"""Broadcasts with their recipients, the rules of sending, and what came of the sends.

Revision ID: broadcasts
Revises: segments
"""

import sqlalchemy as sa
from alembic import op

revision = "broadcasts"
down_revision = "segments"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Every delivery so far belongs to an execution or is a test send."""
    op.create_table(
        "sending_rules",
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("cap_messages", BIG_ID),
        sa.Column("cap_days", BIG_ID, nullable=False),
        sa.Column("open_hours", sa.JSON()),
        sa.Column("time_zone", sa.String(60), nullable=False),
        sa.Column("zone_property", sa.String(100), nullable=False),
        sa.Column("holdout_percent", BIG_ID, nullable=False),
        sa.Column("approval_above", BIG_ID),
        sa.Column("free_messages", BIG_ID),
        sa.Column("price_milli", BIG_ID),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("changed_by", sa.String(255), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_sending_rules_official_account_id",
        ),
        sa.PrimaryKeyConstraint("official_account_id", name="pk_sending_rules"),
    )
    op.create_table(
        "broadcast",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("audience", sa.String(20), nullable=False),
        sa.Column("segment_id", BIG_ID),
        sa.Column("segment_version", BIG_ID),
        sa.Column("rule", sa.JSON()),
        sa.Column("needs_link", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("list_id", sa.String(40), nullable=False),
        sa.Column("list_name", sa.String(255), nullable=False),
        sa.Column("list_after", sa.String(255), nullable=False),
        sa.Column("list_trail", sa.String(60), nullable=False),
        sa.Column("list_read_at", TIME),
        sa.Column("upload", sa.JSON()),
        sa.Column("schedule_at", TIME),
        sa.Column("per_minute", BIG_ID),
        sa.Column("spread_minutes", BIG_ID),
        sa.Column("ignores_quiet_hours", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("silent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("cap_override", sa.String(255), nullable=False),
        sa.Column("budget", BIG_ID),
        sa.Column("holdout_percent", BIG_ID, nullable=False),
        sa.Column("when_short", sa.String(20), nullable=False),
        sa.Column("split_percent", BIG_ID, nullable=False),
        sa.Column("split_by", sa.String(10), nullable=False),
        sa.Column("split_hours", BIG_ID, nullable=False),
        sa.Column("winner", BIG_ID),
        sa.Column("winner_at", TIME),
        sa.Column("winner_by", sa.String(255), nullable=False),
        sa.Column("goal", sa.JSON()),
        sa.Column("goal_read_at", TIME),
        sa.Column("campaign", sa.JSON()),
        sa.Column("approval", sa.String(20), nullable=False),
        sa.Column("approved_by", sa.String(255), nullable=False),
        sa.Column("approved_at", TIME),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("total", BIG_ID, nullable=False),
        sa.Column("sending_since", TIME),
        sa.Column("claimed_before", BIG_ID, nullable=False),
        sa.Column("tapped", BIG_ID, server_default="0", nullable=False),
        sa.Column("failures_in_row", BIG_ID, nullable=False),
        sa.Column("created_by", sa.String(255), nullable=False),
        sa.Column("started_by", sa.String(255), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("frozen_at", TIME),
        sa.Column("first_sent_at", TIME),
        sa.Column("used_before", BIG_ID),
        sa.Column("finished_at", TIME),
        sa.Column("archived_at", TIME),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_broadcast_official_account_id",
        ),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name="fk_broadcast_segment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_broadcast"),
    )
    op.create_index("broadcast_in_state", "broadcast", ["state", "schedule_at"])
    op.create_index("broadcast_of_account", "broadcast", ["official_account_id", "id"])
    op.create_index("ix_broadcast_segment_id", "broadcast", ["segment_id"])
    op.create_table(
        "broadcast_variant",
        sa.Column("broadcast_id", BIG_ID, nullable=False),
        sa.Column("number", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("template_id", BIG_ID),
        sa.Column("template_version", BIG_ID),
        sa.Column("messages", sa.JSON(), nullable=False),
        sa.Column("tracks_links", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("aggregation_unit", sa.String(30), nullable=False),
        sa.Column("opens", sa.JSON()),
        sa.Column("opens_read_at", TIME),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name="fk_broadcast_variant_broadcast_id"
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["template.id"], name="fk_broadcast_variant_template_id"
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "number", name="pk_broadcast_variant"),
    )
    op.create_index("ix_broadcast_variant_template_id", "broadcast_variant", ["template_id"])
    op.create_table(
        "audience_member",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("broadcast_id", BIG_ID, nullable=False),
        sa.Column("contact_id", sa.BigInteger()),
        sa.Column("line_user_id", sa.String(80)),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name="fk_audience_member_broadcast_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audience_member"),
        sa.UniqueConstraint(
            "broadcast_id", "contact_id", name="uq_audience_member_broadcast_id_contact_id"
        ),
        sa.UniqueConstraint(
            "broadcast_id", "line_user_id", name="uq_audience_member_broadcast_id_line_user_id"
        ),
    )
    op.create_table(
        "multicast",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("broadcast_id", BIG_ID, nullable=False),
        sa.Column("variant", BIG_ID, nullable=False),
        sa.Column("retry_key", sa.String(36), nullable=False),
        sa.Column("messages", sa.JSON(), nullable=False),
        sa.Column("size", BIG_ID, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("line_request_id", sa.String(80), nullable=False),
        sa.Column("maybe_sent", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("first_tried_at", TIME),
        sa.Column("settled_at", TIME),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name="fk_multicast_broadcast_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_multicast"),
        sa.UniqueConstraint("retry_key", name="uq_multicast_retry_key"),
    )
    op.create_index(
        "multicast_open",
        "multicast",
        ["broadcast_id"],
        postgresql_where=sa.text("state IN ('planned', 'sending')"),
        sqlite_where=sa.text("state IN ('planned', 'sending')"),
    )
    op.create_table(
        "recipient",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("broadcast_id", BIG_ID, nullable=False),
        sa.Column("friend_id", BIG_ID),
        sa.Column("contact_id", sa.BigInteger()),
        sa.Column("variant", BIG_ID),
        sa.Column("bucket", BIG_ID, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(30), nullable=False),
        sa.Column("delivery_id", BIG_ID),
        sa.Column("multicast_id", BIG_ID),
        sa.Column("held_until", TIME),
        sa.Column("claimed_at", TIME),
        sa.Column("settled_at", TIME),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name="fk_recipient_broadcast_id"
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_recipient_delivery_id"),
        sa.ForeignKeyConstraint(["friend_id"], ["friend.id"], name="fk_recipient_friend_id"),
        sa.ForeignKeyConstraint(
            ["multicast_id"], ["multicast.id"], name="fk_recipient_multicast_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recipient"),
        sa.UniqueConstraint(
            "broadcast_id", "friend_id", name="uq_recipient_broadcast_id_friend_id"
        ),
    )
    op.create_index(
        "recipient_of_contact",
        "recipient",
        ["contact_id"],
        postgresql_where=sa.text("contact_id IS NOT NULL"),
        sqlite_where=sa.text("contact_id IS NOT NULL"),
    )
    op.create_index("recipient_in_state", "recipient", ["broadcast_id", "state", "id"])
    op.create_index("recipient_of_delivery", "recipient", ["delivery_id"])
    op.create_index("recipient_of_friend", "recipient", ["friend_id", "claimed_at"])
    op.create_index("recipient_of_multicast", "recipient", ["multicast_id"])
    op.create_table(
        "broadcast_tally",
        sa.Column("broadcast_id", BIG_ID, nullable=False),
        sa.Column("variant", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(30), nullable=False),
        sa.Column("count", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name="fk_broadcast_tally_broadcast_id"
        ),
        sa.PrimaryKeyConstraint(
            "broadcast_id", "variant", "state", "reason", name="pk_broadcast_tally"
        ),
    )
    op.create_table(
        "goal_hit",
        sa.Column("broadcast_id", BIG_ID, nullable=False),
        sa.Column("friend_id", BIG_ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name="fk_goal_hit_broadcast_id"
        ),
        sa.ForeignKeyConstraint(["friend_id"], ["friend.id"], name="fk_goal_hit_friend_id"),
        sa.PrimaryKeyConstraint("broadcast_id", "friend_id", name="pk_goal_hit"),
    )
    op.create_table(
        "status_change",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("friend_id", BIG_ID, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["friend_id"], ["friend.id"], name="fk_status_change_friend_id"),
        sa.PrimaryKeyConstraint("id", name="pk_status_change"),
    )
    op.create_index("status_change_of_friend", "status_change", ["friend_id", "at"])
    op.create_table(
        "template_unit",
        sa.Column("template_id", BIG_ID, nullable=False),
        sa.Column("month", sa.String(6), nullable=False),
        sa.Column("name", sa.String(30), nullable=False),
        sa.Column("opens", sa.JSON()),
        sa.Column("opens_read_at", TIME),
        sa.ForeignKeyConstraint(
            ["template_id"], ["template.id"], name="fk_template_unit_template_id"
        ),
        sa.PrimaryKeyConstraint("template_id", "month", name="pk_template_unit"),
    )
    op.create_table(
        "daily_count",
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("ours", BIG_ID, nullable=False),
        sa.Column("theirs", BIG_ID),
        sa.Column("checked_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_daily_count_official_account_id",
        ),
        sa.PrimaryKeyConstraint("official_account_id", "day", "kind", name="pk_daily_count"),
    )
    if op.get_bind().dialect.name == "sqlite":
        # Alembic would copy the whole table.
        op.execute(
            "ALTER TABLE delivery ADD COLUMN broadcast_id INTEGER"
            " CONSTRAINT fk_delivery_broadcast_id REFERENCES broadcast (id)"
        )
    else:
        op.add_column("delivery", sa.Column("broadcast_id", BIG_ID))
        op.create_foreign_key(
            "fk_delivery_broadcast_id", "delivery", "broadcast", ["broadcast_id"], ["id"]
        )
    op.create_index("ix_delivery_broadcast_id", "delivery", ["broadcast_id"])
    op.add_column(
        "delivery",
        sa.Column("aggregation_unit", sa.String(30), server_default="", nullable=False),
    )
    op.add_column(
        "delivery", sa.Column("reply_token", sa.String(100), server_default="", nullable=False)
    )
    op.create_index(
        "delivery_of_template",
        "delivery",
        ["template_id", "created_at"],
        postgresql_where=sa.text("template_id IS NOT NULL"),
        sqlite_where=sa.text("template_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Broadcasts are gone; their deliveries stay."""
    op.drop_index("ix_delivery_broadcast_id", "delivery")
    op.drop_index("delivery_of_template", "delivery")
    for name in ("reply_token", "aggregation_unit", "broadcast_id"):
        op.drop_column("delivery", name)
    for table in (
        "daily_count",
        "template_unit",
        "status_change",
        "goal_hit",
        "broadcast_tally",
        "recipient",
        "multicast",
        "audience_member",
        "broadcast_variant",
        "broadcast",
        "sending_rules",
    ):
        op.drop_table(table)
