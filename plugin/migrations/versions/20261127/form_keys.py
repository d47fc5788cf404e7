"""A draft of a broadcast knows the form that it came from, so that one form makes one draft.

Revision ID: form_keys
Revises: friend_tags
"""

import sqlalchemy as sa
from alembic import op

revision = "form_keys"
down_revision = "friend_tags"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite makes many NULLs unique, as PostgreSQL does.
    op.add_column("broadcast", sa.Column("form_key", sa.String(40), nullable=True))
    op.create_index(
        "broadcast_of_form", "broadcast", ["official_account_id", "form_key"], unique=True
    )


def downgrade() -> None:
    op.drop_index("broadcast_of_form", "broadcast")
    op.execute("ALTER TABLE broadcast DROP COLUMN form_key")
