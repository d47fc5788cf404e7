"""The inbox, uploaded media, and drafts of templates.

Revision ID: inbox
Revises: activity
"""

import sqlalchemy as sa
from alembic import op

revision = "inbox"
down_revision = "activity"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:

    op.create_table(
        "media",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", BIG_ID, nullable=False),
        sa.Column("width", BIG_ID, nullable=True),
        sa.Column("height", BIG_ID, nullable=True),
        sa.Column("variants", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_media_installation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
        sa.UniqueConstraint("key", name="uq_media_key"),
    )
    op.create_index("media_by_age", "media", ["origin", "created_at"], unique=False)
    op.create_index("media_of_tenant", "media", ["installation_id", "id"], unique=False)
    op.create_table(
        "canned_answer",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_canned_answer_installation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_canned_answer"),
    )
    op.create_index(
        "ix_canned_answer_installation_id", "canned_answer", ["installation_id"], unique=False
    )
    op.create_table(
        "inbox_rules",
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("kept_days", BIG_ID, nullable=False),
        sa.Column("notify_after", BIG_ID, nullable=True),
        sa.Column("notify_to", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_inbox_rules_official_account_id",
        ),
        sa.PrimaryKeyConstraint("official_account_id", name="pk_inbox_rules"),
    )
    op.create_table(
        "conversation",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("friend_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("unread", BIG_ID, nullable=False),
        sa.Column("unread_since", TIME, nullable=True),
        sa.Column("last_at", TIME, nullable=False),
        sa.Column("last_direction", sa.String(length=4), nullable=False),
        sa.Column("last_kind", sa.String(length=20), nullable=False),
        sa.Column("last_text", sa.String(length=200), nullable=False),
        sa.Column("waiting_since", TIME, nullable=True),
        sa.Column("notified_at", TIME, nullable=True),
        sa.Column("assigned_to", BIG_ID, nullable=True),
        sa.Column("answering_by", BIG_ID, nullable=True),
        sa.Column("answering_until", TIME, nullable=True),
        sa.Column("read_token", sa.String(length=500), nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["answering_by"], ["member.id"], name="fk_conversation_answering_by"
        ),
        sa.ForeignKeyConstraint(
            ["assigned_to"], ["member.id"], name="fk_conversation_assigned_to"
        ),
        sa.ForeignKeyConstraint(
            ["friend_id"], ["friend.id"], name="fk_conversation_friend_id"
        ),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_conversation_official_account_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
        sa.UniqueConstraint("friend_id", name="uq_conversation_friend_id"),
    )
    op.create_index(
        "conversation_changed", "conversation", ["official_account_id", "changed_at"], unique=False
    )
    op.create_index(
        "conversation_assigned", "conversation", ["assigned_to", "last_at"], unique=False
    )
    op.create_index(
        "conversation_newest",
        "conversation",
        ["official_account_id", "state", "last_at", "id"],
        unique=False,
    )
    op.create_index(
        "conversation_unread",
        "conversation",
        ["official_account_id", "last_at"],
        unique=False,
        sqlite_where=sa.text("unread > 0"),
        postgresql_where=sa.text("unread > 0"),
    )
    op.create_index(
        "conversation_unopened",
        "conversation",
        ["unread_since"],
        unique=False,
        sqlite_where=sa.text("unread_since IS NOT NULL"),
        postgresql_where=sa.text("unread_since IS NOT NULL"),
    )
    op.create_table(
        "conversation_message",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("conversation_id", BIG_ID, nullable=False),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("line_message_id", sa.String(length=80), nullable=False),
        sa.Column("content_state", sa.String(length=10), nullable=False),
        sa.Column("media_id", BIG_ID, nullable=True),
        sa.Column("delivery_id", BIG_ID, nullable=True),
        sa.Column("member_id", BIG_ID, nullable=True),
        sa.Column("unsent_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name="fk_conversation_message_conversation_id",
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name="fk_conversation_message_delivery_id"
        ),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name="fk_conversation_message_media_id"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_conversation_message_member_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_message"),
    )
    op.create_index(
        "conversation_content_pending",
        "conversation_message",
        ["conversation_id"],
        unique=False,
        sqlite_where=sa.text("content_state = 'pending'"),
        postgresql_where=sa.text("content_state = 'pending'"),
    )
    op.create_index("conversation_message_at", "conversation_message", ["at"], unique=False)
    op.create_index(
        "conversation_message_media",
        "conversation_message",
        ["media_id"],
        unique=False,
        sqlite_where=sa.text("media_id IS NOT NULL"),
        postgresql_where=sa.text("media_id IS NOT NULL"),
    )
    op.create_index(
        "conversation_message_line",
        "conversation_message",
        ["conversation_id", "line_message_id"],
        unique=False,
    )
    op.create_index(
        "conversation_message_of",
        "conversation_message",
        ["conversation_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_conversation_message_delivery_id",
        "conversation_message",
        ["delivery_id"],
        unique=False,
    )
    op.create_table(
        "template_draft",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("official_account_id", BIG_ID, nullable=True),
        sa.Column("template_id", BIG_ID, nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("base_version", BIG_ID, nullable=False),
        sa.Column("step", BIG_ID, nullable=False),
        sa.Column("newest_step", BIG_ID, nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_template_draft_installation_id"
        ),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_template_draft_official_account_id",
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["template.id"], name="fk_template_draft_template_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_template_draft"),
        sa.UniqueConstraint("template_id", name="uq_template_draft_template_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_template_draft_installation_id",
        "template_draft",
        ["installation_id"],
        unique=False,
    )
    op.create_table(
        "template_draft_step",
        sa.Column("draft_id", BIG_ID, nullable=False),
        sa.Column("number", BIG_ID, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["template_draft.id"], name="fk_template_draft_step_draft_id"
        ),
        sa.PrimaryKeyConstraint("draft_id", "number", name="pk_template_draft_step"),
    )

    if op.get_bind().dialect.name == "sqlite":
        # Alembic would copy the whole table.
        op.execute(
            "ALTER TABLE delivery ADD COLUMN conversation_id INTEGER"
            " CONSTRAINT fk_delivery_conversation_id REFERENCES conversation (id)"
        )
    else:
        op.add_column("delivery", sa.Column("conversation_id", BIG_ID))
        op.create_foreign_key(
            "fk_delivery_conversation_id", "delivery", "conversation", ["conversation_id"], ["id"]
        )
    condition = sa.text("conversation_id IS NOT NULL")
    op.create_index(
        "delivery_of_conversation",
        "delivery",
        ["conversation_id"],
        postgresql_where=condition,
        sqlite_where=condition,
    )


def downgrade() -> None:
    """Conversations, uploads and drafts are gone; the deliveries of answers stay."""
    op.drop_table("template_draft_step")
    op.drop_table("template_draft")
    op.drop_table("conversation_message")
    op.drop_index("delivery_of_conversation", "delivery")
    op.drop_column("delivery", "conversation_id")
    for table in ("conversation", "inbox_rules", "canned_answer", "media"):
        op.drop_table(table)
