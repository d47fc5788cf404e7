"""A friend's status has a moment of its own in which it changed.

Revision ID: status_since
Revises: token_missing
"""

import sqlalchemy as sa
from alembic import op

revision = "status_since"
down_revision = "token_missing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of blocked friends the moment is known: nothing was heard of them since."""
    since = sa.Column("status_since", sa.DateTime(timezone=True), nullable=True)
    op.add_column("friend", since)
    op.execute("UPDATE friend SET status_since = status_at WHERE status = 'blocked'")


def downgrade() -> None:
    """Only the moment goes."""
    op.drop_column("friend", "status_since")
