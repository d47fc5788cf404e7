"""What the doctor found of an installation stands in a row.

Revision ID: doctor_report
Revises: form_keys
"""

import sqlalchemy as sa
from alembic import op

revision = "doctor_report"
down_revision = "form_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "doctor_report",
        sa.Column("installation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["installation_id"], ["installation.id"]),
        sa.PrimaryKeyConstraint("installation_id"),
    )


def downgrade() -> None:
    op.drop_table("doctor_report")
