"""A run of an import remembers its place in LINE's list of friends.

Revision ID: followers_ahead
Revises: tagging
"""

import sqlalchemy as sa
from alembic import op

revision = "followers_ahead"
down_revision = "tagging"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A run under way begins the list anew."""
    place = sa.Column("followers_after", sa.String(500), nullable=False, server_default="")
    op.add_column("import_run", place)


def downgrade() -> None:
    """The place goes; the list is read again from its beginning."""
    op.drop_column("import_run", "followers_after")
