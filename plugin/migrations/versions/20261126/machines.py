"""Trails through platforms' pages, versions of budgets, and refused refreshes of a portal.

Revision ID: machines
Revises: fresh_words
"""

import sqlalchemy as sa
from alembic import op

revision = "machines"
down_revision = "fresh_words"
branch_labels = None
depends_on = None

_TRAILS = (
    ("import_run", "trail"),
    ("import_run", "followers_trail"),
    ("friend_import", "trail"),
    ("list_preparation", "trail"),
)


def upgrade() -> None:
    """What is under way begins its trail where it is."""
    for table, name in _TRAILS:
        op.add_column(table, sa.Column(name, sa.String(60), nullable=False, server_default=""))
    op.add_column(
        "budget_spent", sa.Column("version", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("installation", sa.Column("refused_since", sa.DateTime(timezone=True)))
    op.add_column("installation", sa.Column("refresh_not_before", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Portals whose refresh was refused try at once again."""
    for table, name in (
        *_TRAILS,
        ("budget_spent", "version"),
        ("installation", "refused_since"),
        ("installation", "refresh_not_before"),
    ):
        op.drop_column(table, name)
