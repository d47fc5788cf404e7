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
    with op.batch_alter_table("login_attempt") as batch_op:
        batch_op.drop_column("user_token")


def downgrade() -> None:
    with op.batch_alter_table("login_attempt") as batch_op:
        batch_op.add_column(sa.Column("user_token", sa.Text(), nullable=False, server_default=""))
