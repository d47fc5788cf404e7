"""Who has relayed a call of LINE before.

Revision ID: relay_via
Revises: audit
"""

import sqlalchemy as sa
from alembic import op

revision = "relay_via"
down_revision = "audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("relayed_call", sa.Column("via", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.execute("ALTER TABLE relayed_call DROP COLUMN via")
