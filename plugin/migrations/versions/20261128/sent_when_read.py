"""What Musubi had sent in the month when LINE was asked for its count.

Revision ID: sent_when_read
Revises: api_key_used
"""

import sqlalchemy as sa
from alembic import op

revision = "sent_when_read"
down_revision = "api_key_used"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("official_account", sa.Column("sent_when_read", kind, nullable=True))


def downgrade() -> None:
    op.execute("ALTER TABLE official_account DROP COLUMN sent_when_read")
