"""deliveries keep their tokens until the first try; what HubSpot says of properties is kept

Revision ID: fresh_words
Revises: smaller_indexes
Create Date: 2026-11-26

"""
from alembic import op
import sqlalchemy as sa


revision = "fresh_words"
down_revision = "smaller_indexes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("filling_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("delivery", sa.Column("written", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("delivery", sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "known_property",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "installation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("field_type", sa.String(length=40), nullable=False),
        sa.Column("of_owners", sa.Boolean(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"],
            name=op.f("fk_known_property_installation_id_installation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_property")),
        sa.UniqueConstraint(
            "installation_id", "name", name=op.f("uq_known_property_installation_id_name")
        ),
    )


def downgrade() -> None:
    op.drop_table("known_property")
    for name in ("filled_at", "written", "filling_until"):
        op.drop_column("delivery", name)
