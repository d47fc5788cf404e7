"""Indexes of an import's members, and of friends without a name, hold those only that something is
still to be done about.

The ledger's index by tenant goes: the one by tenant and contact begins with the same.

Revision ID: smaller_indexes
Revises: last_result
"""

import sqlalchemy as sa
from alembic import op

revision = "smaller_indexes"
down_revision = "last_result"
branch_labels = None
depends_on = None

PARTS = {
    "import_member_pending": "pending IS true",
    "import_member_unwritten": "unwritten IS true",
    "import_member_unsettled": "outcome NOT IN ('', 'linked', 'already_linked', 'empty')",
}
WHOLE = ("pending", "unwritten", "outcome")


def upgrade() -> None:
    """Nothing but speed and room changes."""
    for name in WHOLE:
        op.drop_index(f"import_member_{name}", "import_member")
    for name, part in PARTS.items():
        op.create_index(
            name, "import_member", ["list_import_id", "contact_id"],
            sqlite_where=sa.text(part.replace("true", "1")), postgresql_where=sa.text(part),
        )
    op.drop_index("ix_ledger_entry_installation_id", "ledger_entry")
    op.drop_index("friend_profile_owed", "friend")
    nameless = sa.text("profile_at IS NULL")
    op.create_index(
        "friend_profile_owed", "friend", ["official_account_id", "id"],
        sqlite_where=nameless, postgresql_where=nameless,
    )


def downgrade() -> None:
    """The whole indexes come back."""
    op.drop_index("friend_profile_owed", "friend")
    op.create_index("friend_profile_owed", "friend", ["official_account_id", "profile_at"])
    op.create_index("ix_ledger_entry_installation_id", "ledger_entry", ["installation_id"])
    for name in PARTS:
        op.drop_index(name, "import_member")
    for name in WHOLE:
        columns = ["list_import_id", name, "contact_id"]
        op.create_index(f"import_member_{name}", "import_member", columns)
