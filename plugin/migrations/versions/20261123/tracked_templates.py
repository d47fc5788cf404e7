"""templates say whether their links are tracked; links with a friend's own words are the friend's

Revision ID: tracked_templates
Revises: taken
Create Date: 2026-11-23

"""
from alembic import op
import sqlalchemy as sa


revision = 'tracked_templates'
down_revision = 'taken'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns only: SQLite would copy a whole table for a constraint, and others point at it.
    op.add_column(
        'template_version',
        sa.Column('tracks_links', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    )
    op.add_column(
        'link_target',
        sa.Column('friend_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    )
    op.create_index(op.f('ix_link_target_friend_id'), 'link_target', ['friend_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_link_target_friend_id'), table_name='link_target')
    op.drop_column('link_target', 'friend_id')
    op.drop_column('template_version', 'tracks_links')
