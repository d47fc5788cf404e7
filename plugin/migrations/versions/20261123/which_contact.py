"""Typed addresses are proved by a code, a site's cookie suggests, refresh tokens are kept.

Revision ID: which_contact
Revises: tracked_templates
"""

import sqlalchemy as sa
from alembic import op

revision = "which_contact"
down_revision = "tracked_templates"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Tables of their own, which go with the rows they hang on."""
    op.create_table(
        "email_proof",
        sa.Column("attempt_id", Id, autoincrement=False, nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("tries", Id, nullable=False),
        sa.Column("proved_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_email_proof"),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["login_attempt.id"],
            name="fk_email_proof_attempt_id", ondelete="CASCADE",
        ),
    )
    op.create_table(
        "mail_count",
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("until", Moment, nullable=False),
        sa.Column("count", Id, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_mail_count"),
    )
    op.create_index("ix_mail_count_until", "mail_count", ["until"])
    op.create_table(
        "visitor_hint",
        sa.Column("friend_id", Id, autoincrement=False, nullable=False),
        sa.Column("contact_row_id", Id, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("friend_id", name="pk_visitor_hint"),
        sa.ForeignKeyConstraint(
            ["friend_id"], ["friend.id"], name="fk_visitor_hint_friend_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_row_id"], ["contact.id"],
            name="fk_visitor_hint_contact_row_id", ondelete="CASCADE",
        ),
    )
    op.create_index("ix_visitor_hint_contact_row_id", "visitor_hint", ["contact_row_id"])
    op.add_column("user_token", sa.Column("refresh_text", sa.Text(), nullable=True))
    op.add_column("user_token", sa.Column("refresh_until", Moment, nullable=True))


def downgrade() -> None:
    """Friends who wait for a code type their address again."""
    op.drop_column("user_token", "refresh_until")
    op.drop_column("user_token", "refresh_text")
    op.drop_table("visitor_hint")
    op.drop_table("mail_count")
    op.drop_table("email_proof")
