"""The nightly comparison remembers how far it has searched HubSpot for unknown contacts.

Revision ID: untold_contacts
Revises: followers_ahead
"""

import sqlalchemy as sa
from alembic import op

revision = "untold_contacts"
down_revision = "followers_ahead"
branch_labels = None
depends_on = None

PLACE = ("searched_account", "searched_after")


def upgrade() -> None:
    """A comparison under way searches first and then goes on where it was."""
    for name in PLACE:
        place = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column("reconcile_run", place)


def downgrade() -> None:
    """Only the place goes."""
    for name in PLACE:
        op.drop_column("reconcile_run", name)
