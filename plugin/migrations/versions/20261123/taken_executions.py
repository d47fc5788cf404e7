"""Executions that are taken down in a crowd wait with what they were called with.

Revision ID: taken
Revises: first
"""

import sqlalchemy as sa
from alembic import op

revision = "taken"
down_revision = "first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index gets the id, so that the oldest of many are found without sorting all."""
    op.add_column("action_call", sa.Column("inputs", sa.JSON(), nullable=True))
    op.drop_index("action_call_owed", "action_call")
    op.create_index("action_call_owed", "action_call", ["installation_id", "state", "id"])


def downgrade() -> None:
    """What waits is lost; HubSpot goes on when its patience ends."""
    op.drop_index("action_call_owed", "action_call")
    op.create_index("action_call_owed", "action_call", ["installation_id", "state"])
    op.drop_column("action_call", "inputs")
