"""Segments with their versions, and the HubSpot lists made of them.

Revision ID: segments
Revises: synced
"""

import sqlalchemy as sa
from alembic import op

revision = "segments"
down_revision = "synced"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Accounts have no segment yet."""
    op.create_table(
        "segment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("ready", sa.String(40), nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("archived_at", TIME),
        sa.ForeignKeyConstraint(
            ["official_account_id"], ["official_account.id"], name="fk_segment_official_account_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_segment"),
    )
    op.create_index("ix_segment_official_account_id", "segment", ["official_account_id"])
    op.create_table(
        "segment_version",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("segment_id", BIG_ID, nullable=False),
        sa.Column("number", BIG_ID, nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segment.id"], name="fk_segment_version_segment_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_segment_version"),
        sa.UniqueConstraint("segment_id", "number", name="uq_segment_version_segment_id_number"),
    )
    op.create_table(
        "list_export",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("list_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("after_id", sa.BigInteger(), nullable=False),
        sa.Column("added", BIG_ID, nullable=False),
        sa.Column("not_linked", BIG_ID, nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_list_export_installation_id"
        ),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_list_export_official_account_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_list_export"),
    )
    op.create_index("ix_list_export_installation_id", "list_export", ["installation_id"])


def downgrade() -> None:
    """Segments are gone."""
    for table in ("list_export", "segment_version", "segment"):
        op.drop_table(table)
