"""A login remembers that it began at a personal link without a token.

Revision ID: token_missing
Revises: machines
"""

import sqlalchemy as sa
from alembic import op

revision = "token_missing"
down_revision = "machines"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Logins under way began as they did."""
    op.add_column(
        "login_attempt",
        sa.Column("token_missing", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Only the mark goes."""
    op.drop_column("login_attempt", "token_missing")
