"""Since when an account has its LINE Login channel.

Revision ID: login_channel_at
Revises: variant_drafts
"""

import sqlalchemy as sa
from alembic import op

revision = "login_channel_at"
down_revision = "variant_drafts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("login_channel_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("official_account", column)


def downgrade() -> None:
    op.execute("ALTER TABLE official_account DROP COLUMN login_channel_at")
