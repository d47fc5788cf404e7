"""A login attempt has no column for LINE's token any more: nothing ever wrote it.

Revision ID: unused_column
Revises: keeping
"""

import sqlalchemy as sa
from alembic import op

revision = "unused_column"
down_revision = "keeping"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("login_attempt", "user_token")


def downgrade() -> None:
    column = sa.Column("user_token", sa.Text(), nullable=False, server_default="")
    op.add_column("login_attempt", column)
