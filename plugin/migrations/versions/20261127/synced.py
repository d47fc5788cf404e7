"""What is kept of HubSpot's contacts: properties, their values, lists and memberships.

Revision ID: synced
Revises: unused_column
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "synced"
down_revision = "unused_column"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Nothing is kept until a person chooses it."""
    op.create_table(
        "synced_property",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("label", sa.String(255), nullable=False),
        sa.Column("former_label", sa.String(255), nullable=False),
        sa.Column("former_type", sa.String(40), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("field_type", sa.String(40), nullable=False),
        sa.Column("of_owners", sa.Boolean(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("chosen_at", TIME, nullable=False),
        sa.Column("chosen_by", sa.String(255), nullable=False),
        sa.Column("filled_at", TIME),
        sa.Column("known", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_synced_property_installation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_synced_property"),
        sa.UniqueConstraint(
            "installation_id", "name", name="uq_synced_property_installation_id_name"
        ),
    )
    op.create_table(
        "synced_list",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("list_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("size", BIG_ID),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("phase", sa.String(10), nullable=False),
        sa.Column("after", sa.String(255), nullable=False),
        sa.Column("trail", sa.String(60), nullable=False),
        sa.Column("pass_started_at", TIME),
        sa.Column("looked_at", TIME),
        sa.Column("read_at", TIME),
        sa.Column("join_after", sa.String(255), nullable=False),
        sa.Column("tail_mark", sa.String(40), nullable=False),
        sa.Column("tail_count", BIG_ID, nullable=False),
        sa.Column("by_id", sa.Boolean(), nullable=False),
        sa.Column("incomplete", sa.Boolean(), nullable=False),
        sa.Column("members", BIG_ID, nullable=False),
        sa.Column("chosen_at", TIME, nullable=False),
        sa.Column("chosen_by", sa.String(255), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_synced_list_installation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_synced_list"),
        sa.UniqueConstraint(
            "installation_id", "list_id", name="uq_synced_list_installation_id_list_id"
        ),
    )
    op.create_table(
        "contact_values",
        sa.Column("contact_row_id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column(
            "values", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("read_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_row_id"], ["contact.id"], name="fk_contact_values_contact_row_id"
        ),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_contact_values_installation_id"
        ),
        sa.PrimaryKeyConstraint("contact_row_id", name="pk_contact_values"),
    )
    op.create_index("contact_values_of_tenant", "contact_values", ["installation_id", "read_at"])
    op.create_table(
        "list_membership",
        sa.Column("synced_list_id", BIG_ID, nullable=False),
        sa.Column("contact_row_id", BIG_ID, nullable=False),
        sa.Column("joined_at", TIME),
        sa.Column("left_at", TIME),
        sa.Column("seen_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_row_id"], ["contact.id"], name="fk_list_membership_contact_row_id"
        ),
        sa.ForeignKeyConstraint(
            ["synced_list_id"], ["synced_list.id"], name="fk_list_membership_synced_list_id"
        ),
        sa.PrimaryKeyConstraint("synced_list_id", "contact_row_id", name="pk_list_membership"),
    )
    op.create_index("list_membership_of_contact", "list_membership", ["contact_row_id"])
    op.create_table(
        "property_sync",
        sa.Column("installation_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("pass_started_at", TIME),
        sa.Column("passed_at", TIME),
        sa.Column("prepared_to", sa.BigInteger()),
        sa.Column("total", BIG_ID, nullable=False),
        sa.Column("read", BIG_ID, nullable=False),
        sa.Column("changed_since", TIME),
        sa.Column("search_started_at", TIME),
        sa.Column("after", sa.String(255), nullable=False),
        sa.Column("trail", sa.String(60), nullable=False),
        sa.Column("looked_at", TIME),
        sa.Column("checked_at", TIME),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("failing_since", TIME),
        sa.Column("failed_at", TIME),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_property_sync_installation_id"
        ),
        sa.PrimaryKeyConstraint("installation_id", name="pk_property_sync"),
    )
    op.add_column("installation", sa.Column("contacts_written_at", TIME))
    op.create_table(
        "received_message",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("friend_id", BIG_ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["friend_id"], ["friend.id"], name="fk_received_message_friend_id"),
        sa.PrimaryKeyConstraint("event_id", name="pk_received_message"),
    )
    op.create_index("received_message_of_friend", "received_message", ["friend_id", "at"])
    op.create_index("ix_received_message_at", "received_message", ["at"])
    op.create_index("login_attempt_of_user", "login_attempt", ["line_user_id"])


def downgrade() -> None:
    """What was kept of HubSpot is gone; the next choice reads it again."""
    op.drop_index("login_attempt_of_user", "login_attempt")
    op.drop_table("received_message")
    op.drop_column("installation", "contacts_written_at")
    for table in (
        "property_sync",
        "list_membership",
        "contact_values",
        "synced_list",
        "synced_property",
    ):
        op.drop_table(table)
