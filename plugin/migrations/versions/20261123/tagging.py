"""Many friends are tagged in one go.

Revision ID: tagging
Revises: which_contact
"""

import sqlalchemy as sa
from alembic import op

revision = "tagging"
down_revision = "which_contact"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """One row for each time it is done."""
    op.create_table(
        "tagging",
        sa.Column("id", Id, nullable=False),
        sa.Column("installation_id", Id, nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("removes", sa.Boolean(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("after_id", sa.BigInteger(), nullable=False),
        sa.Column("until_id", sa.BigInteger(), nullable=False),
        sa.Column("size", Id, nullable=False),
        sa.Column("seen", Id, nullable=False),
        sa.Column("changed", Id, nullable=False),
        sa.Column("full", Id, nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("finished_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tagging"),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_tagging_installation_id"
        ),
    )
    op.create_index("tagging_of_tenant", "tagging", ["installation_id", "id"])


def downgrade() -> None:
    """The friends keep their tags."""
    op.drop_table("tagging")
