"""friends carry what came of the last send; portals that are there get the property for it

Revision ID: last_result
Revises: untold_contacts
Create Date: 2026-11-24

"""
from alembic import op
import sqlalchemy as sa


revision = "last_result"
down_revision = "untold_contacts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "friend", sa.Column("last_result", sa.String(length=40), server_default="", nullable=False)
    )
    op.execute(
        "INSERT INTO job (kind, key, queue, lane, ready_ms, owner, attempts, parked, last_error,"
        " payload) SELECT 'ensure_properties', CAST(id AS VARCHAR), 'sync', id, 0, '', 0, false,"
        " '', '{}' FROM installation WHERE state = 'active' AND NOT EXISTS (SELECT 1 FROM job"
        " WHERE kind = 'ensure_properties' AND key = CAST(installation.id AS VARCHAR))"
    )


def downgrade() -> None:
    op.drop_column("friend", "last_result")
