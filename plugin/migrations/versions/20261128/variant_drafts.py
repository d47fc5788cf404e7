"""What somebody writes for a broadcast is kept in steps; a form makes one template.

Revision ID: variant_drafts
Revises: relay_via
"""

import sqlalchemy as sa
from alembic import op

revision = "variant_drafts"
down_revision = "relay_via"
branch_labels = None
depends_on = None
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("template", sa.Column("form_key", sa.String(40), nullable=True))
    op.create_index(
        "template_of_form", "template", ["official_account_id", "form_key"], unique=True
    )
    op.create_table(
        "variant_draft",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("broadcast_id", BIG_ID, nullable=False),
        sa.Column("number", BIG_ID, nullable=False),
        sa.Column("base", sa.String(length=16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("step", BIG_ID, nullable=False),
        sa.Column("newest_step", BIG_ID, nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_variant_draft_installation_id"
        ),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name="fk_variant_draft_broadcast_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_variant_draft"),
        sa.UniqueConstraint("broadcast_id", "number", name="uq_variant_draft_broadcast_id_number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_variant_draft_installation_id", "variant_draft", ["installation_id"])
    op.create_table(
        "variant_draft_step",
        sa.Column("draft_id", BIG_ID, nullable=False),
        sa.Column("number", BIG_ID, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["variant_draft.id"], name="fk_variant_draft_step_draft_id"
        ),
        sa.PrimaryKeyConstraint("draft_id", "number", name="pk_variant_draft_step"),
    )


def downgrade() -> None:
    """What was written and not saved is gone."""
    op.drop_table("variant_draft_step")
    op.drop_table("variant_draft")
    op.drop_index("template_of_form", "template")
    # Alembic would copy the whole table on SQLite.
    op.execute("ALTER TABLE template DROP COLUMN form_key")
