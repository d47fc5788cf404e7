"""sessions are rows; HubSpot's refusals are kept by property; prepared lists stay prepared; a
removal remembers how far it has erased messages

Whoever is signed in signs in once more.

Revision ID: keeping
Revises: status_since
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

revision = "keeping"
down_revision = "status_since"
branch_labels = None
depends_on = None

NEW: dict[str, list[sa.Column[Any]]] = {
    "installation": [sa.Column("erased_to", sa.BigInteger(), server_default="0", nullable=False)],
    "list_preparation": [
        sa.Column("keeps", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("fresh", BIG_ID, server_default="0", nullable=False),
        sa.Column("members", BIG_ID, server_default="0", nullable=False),
        sa.Column("covered", BIG_ID, server_default="0", nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("next_check_at", MOMENT, nullable=True),
    ],
}


def upgrade() -> None:
    for table, columns in NEW.items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "web_session",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("member_id", BIG_ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("rotated_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_web_session"),
        sa.UniqueConstraint("fingerprint", name="uq_web_session_fingerprint"),
    )
    for name in ("previous", "installation_id", "member_id", "ends_at"):
        op.create_index(f"ix_web_session_{name}", "web_session", [name])
    op.create_table(
        "property_trouble",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_property_trouble_installation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_property_trouble"),
        sa.UniqueConstraint(
            "installation_id", "name", name="uq_property_trouble_installation_id_name"
        ),
    )


def downgrade() -> None:
    op.drop_table("property_trouble")
    op.drop_table("web_session")
    for table, columns in NEW.items():
        for column in columns:
            op.drop_column(table, column.name)
