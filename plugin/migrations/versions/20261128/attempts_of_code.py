"""Login attempts are found by their QR code.

Revision ID: attempts_of_code
Revises: receiver_log
"""

from alembic import op

revision = "attempts_of_code"
down_revision = "receiver_log"
branch_labels = None
depends_on = None
COLUMNS = ["qr_code_id", "returned_at", "expires_at"]


def upgrade() -> None:
    op.create_index("login_attempt_of_code", "login_attempt", COLUMNS)


def downgrade() -> None:
    op.drop_index("login_attempt_of_code", "login_attempt")
