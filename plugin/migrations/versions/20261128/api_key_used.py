"""When an API key was last used, and what a change has made.

Revision ID: api_key_used
Revises: login_channel_at
"""

import sqlalchemy as sa
from alembic import op

revision = "api_key_used"
down_revision = "login_channel_at"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    made = sa.Column("made", sa.String(60), nullable=False, server_default="")
    op.add_column("audit_entry", made)


def downgrade() -> None:
    op.execute("ALTER TABLE audit_entry DROP COLUMN made")
    op.execute("ALTER TABLE api_key DROP COLUMN last_used_at")
