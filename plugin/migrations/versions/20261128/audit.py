"""The audit, and names of API keys.

Revision ID: audit
Revises: outgoing
"""

import sqlalchemy as sa
from alembic import op

revision = "audit"
down_revision = "outgoing"
branch_labels = None
depends_on = None
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("via", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("agent", sa.String(80), nullable=False),
        sa.Column("deed", sa.String(80), nullable=False),
        sa.Column("path", sa.String(255), nullable=False),
    )
    op.create_index("audit_of_installation", "audit_entry", ["installation_id", "id"])
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.add_column("api_key", sa.Column("name", sa.String(80), nullable=False, server_default=""))


def downgrade() -> None:
    op.execute("ALTER TABLE api_key DROP COLUMN name")
    op.drop_table("audit_entry")
