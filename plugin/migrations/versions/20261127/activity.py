"""Counts kept by the writes that change them, and the words by which people are found.

Revision ID: activity
Revises: broadcasts
"""

import sqlalchemy as sa
from alembic import op

revision = "activity"
down_revision = "broadcasts"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


# Most deliveries have one of these alone.
PARTIAL = {"delivery_of_call": "action_call_id", "delivery_of_broadcast": "broadcast_id"}


# In which the list of friends stands; each index begins with the Official Account.
ORDERS = {
    "friend_newest": ("friend", ["id"]),
    "friend_by_name": ("friend", ["display_name", "id"]),
    "friend_by_message": ("friend", ["last_received_at", "id"]),
    "friend_by_change": ("friend", ["status_since", "id"]),
    "friend_by_status": ("friend", ["status", "id"]),
    "linkage_of_newest_friend": ("linkage", ["friend_id"]),
    "linkage_newest": ("linkage", ["linked_at", "friend_id"]),
}


def upgrade() -> None:

    op.create_table(
        "activity",
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("measure", sa.String(length=30), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_activity_official_account_id",
        ),
        sa.PrimaryKeyConstraint("official_account_id", "measure", "day", name="pk_activity"),
    )
    op.create_table(
        "activity_change",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("measure", sa.String(length=30), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_activity_change_official_account_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_activity_change"),
    )
    op.create_table(
        "search_term",
        sa.Column("friend_id", BIG_ID, nullable=False),
        sa.Column(
            "term",
            sa.String(60).with_variant(sa.String(60, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["friend_id"],
            ["friend.id"],
            name="fk_search_term_friend_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_search_term_installation_id"
        ),
        sa.PrimaryKeyConstraint("friend_id", "term", name="pk_search_term"),
    )
    op.create_index(
        "search_term_found", "search_term", ["installation_id", "term", "friend_id"], unique=False
    )
    op.create_table(
        "search_pending",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("friend_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["friend_id"],
            ["friend.id"],
            name="fk_search_pending_friend_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_search_pending"),
    )
    op.create_index("ix_search_pending_friend_id", "search_pending", ["friend_id"], unique=False)

    op.create_index("contact_email", "contact", ["installation_id", "email"])
    refused = sa.text("mirror_error <> ''")
    op.create_index(
        "contact_refused",
        "contact",
        ["installation_id"],
        postgresql_where=refused,
        sqlite_where=refused,
    )
    for name, (table, columns) in ORDERS.items():
        op.create_index(name, table, ["official_account_id", *columns])
    for name, column in PARTIAL.items():
        op.drop_index(f"ix_delivery_{column}", "delivery")
        condition = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            name, "delivery", [column], postgresql_where=condition, sqlite_where=condition
        )
    _count_what_is_there()
    # A job writes their terms.
    op.execute("INSERT INTO search_pending (friend_id) SELECT id FROM friend")
    _note_changes()


def _count_what_is_there() -> None:
    """Count friends by the day they were first seen, so that the curve begins in the past, and what
    happened in the last 90 days."""
    for measure, condition in (
        ("friends", "true"), ("following", "status = 'following'"), ("blocked", "status = 'blocked'"),
    ):  # fmt: skip
        _count("official_account_id", f"'{measure}'", "created_at", f"friend WHERE {condition}")
    for measure in ("'linked'", "'linked:' || linkage.method"):
        _count(
            "friend.official_account_id", measure, "linkage.linked_at",
            "linkage JOIN friend ON friend.id = linkage.friend_id",
        )  # fmt: skip
    change = "CASE status_change.status WHEN 'following' THEN 'follows' ELSE 'blocks' END"
    _count(
        "friend.official_account_id", change, "status_change.at",
        "status_change JOIN friend ON friend.id = status_change.friend_id"
        f" WHERE {_lately('status_change.at')}",
    )  # fmt: skip
    _count(
        "friend.official_account_id", "'received'", "received_message.at",
        "received_message JOIN friend ON friend.id = received_message.friend_id"
        f" WHERE {_lately('received_message.at')}",
    )  # fmt: skip
    _count(
        "delivery.official_account_id", "'tapped'", "link_click.first_at",
        "link_click JOIN delivery ON delivery.id = link_click.delivery_id"
        f" WHERE {_lately('link_click.first_at')}", "sum(link_click.count)",
    )  # fmt: skip
    # Whoever got a multicast has no delivery of their own.
    _count(
        "official_account_id", "'sent'", "at",
        "(SELECT official_account_id, settled_at AS at FROM delivery WHERE state = 'accepted'"
        " UNION ALL SELECT broadcast.official_account_id, recipient.settled_at FROM recipient"
        " JOIN broadcast ON broadcast.id = recipient.broadcast_id"
        " WHERE recipient.state = 'sent' AND recipient.delivery_id IS NULL) AS sends"
        f" WHERE {_lately('at')}",
    )  # fmt: skip


def _count(account: str, measure: str, at: str, rows: str, n: str = "count(*)") -> None:
    # A day is LINE's, which is Japan's.
    sqlite = op.get_bind().dialect.name == "sqlite"
    day = f"date({at}, '+9 hours')" if sqlite else f"({at} AT TIME ZONE 'Asia/Tokyo')::date"
    op.execute(
        "INSERT INTO activity (official_account_id, measure, day, n)"
        f" SELECT {account}, {measure}, {day}, {n} FROM {rows} GROUP BY 1, 2, 3"
    )


def _lately(at: str) -> str:
    if op.get_bind().dialect.name == "sqlite":
        return f"{at} > datetime('now', '-90 days')"
    return f"{at} > now() - interval '90 days'"


# Whoever changes a name or a linkage, by whichever statement: table, event, what differs, and the
# friends whose terms are to be written anew.
CHANGES = (
    ("friend_seen", "friend", "INSERT", "", "SELECT NEW.id"),
    (
        "friend_renamed",
        "friend",
        "UPDATE",
        "OLD.display_name <> NEW.display_name OR OLD.line_user_id <> NEW.line_user_id",
        "SELECT NEW.id",
    ),
    (
        "contact_renamed",
        "contact",
        "UPDATE",
        "OLD.email <> NEW.email OR OLD.firstname <> NEW.firstname OR OLD.lastname <> NEW.lastname",
        "SELECT friend_id FROM linkage WHERE contact_row_id = NEW.id",
    ),
    ("linkage_made", "linkage", "INSERT", "", "SELECT NEW.friend_id"),
    (
        "linkage_moved",
        "linkage",
        "UPDATE",
        "OLD.contact_row_id <> NEW.contact_row_id",
        "SELECT NEW.friend_id",
    ),
    (
        "linkage_ended",
        "linkage",
        "DELETE",
        "",
        "SELECT id FROM friend WHERE id = OLD.friend_id",
    ),
)


def _note_changes() -> None:
    for name, table, event, differs, friends in CHANGES:
        note = f"INSERT INTO search_pending (friend_id) {friends};"
        when = f" WHEN ({differs})" if differs else ""
        if op.get_bind().dialect.name == "sqlite":
            deed = f"BEGIN {note} END"
        else:
            op.execute(
                f"CREATE FUNCTION note_{name}() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN {note} RETURN NULL; END $$"
            )
            deed = f"EXECUTE FUNCTION note_{name}()"
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW{when} {deed}")


def _note_changes_no_more() -> None:
    for name, table, *_ in CHANGES:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {name}")
        else:
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION note_{name}()")


def downgrade() -> None:
    """Counts are counted anew, and terms written anew, by a later upgrade."""
    _note_changes_no_more()
    op.drop_index("contact_refused", "contact")
    op.drop_index("contact_email", "contact")
    for name, (table, _columns) in ORDERS.items():
        op.drop_index(name, table)
    for name, column in PARTIAL.items():
        op.drop_index(name, "delivery")
        op.create_index(f"ix_delivery_{column}", "delivery", [column])
    for table in ("search_pending", "search_term", "activity_change", "activity"):
        op.drop_table(table)
