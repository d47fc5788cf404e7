"""Segments with their versions, and the HubSpot lists made of them.

Revision ID: segments
Revises: synced
"""

import sqlalchemy as sa
from alembic import op

revision = "segments"
down_revision = "synced"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def _one(field: str, op: str, value: object) -> dict[str, object]:
    return {"all": [_condition(field, op, value)]}


def _condition(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


READY = {
    "linked": _one("linkage.linked", "is", True),
    "unlinked": _one("linkage.linked", "is", False),
    "followed": _one("friend.followed_at", "within_days", 30),
    "tapped": _one("behaviour.tapped", "within_days", 30),
    "silent": {
        "all": [
            _condition("friend.status", "is", "following"),
            {
                "none": [
                    _condition("behaviour.replied", "within_days", 90),
                    _condition("behaviour.tapped", "within_days", 90),
                    _condition("friend.followed_at", "within_days", 90),
                ]
            },
        ]
    },
}


def upgrade() -> None:
    """Accounts get the segments that new ones have from the start."""
    op.create_table(
        "segment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("ready", sa.String(40), nullable=False),
        sa.Column("version", BIG_ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("archived_at", TIME),
        sa.ForeignKeyConstraint(
            ["official_account_id"], ["official_account.id"], name="fk_segment_official_account_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_segment"),
    )
    op.create_index("ix_segment_official_account_id", "segment", ["official_account_id"])
    op.create_table(
        "segment_version",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("segment_id", BIG_ID, nullable=False),
        sa.Column("number", BIG_ID, nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segment.id"], name="fk_segment_version_segment_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_segment_version"),
        sa.UniqueConstraint("segment_id", "number", name="uq_segment_version_segment_id_number"),
    )
    op.create_table(
        "list_export",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("installation_id", BIG_ID, nullable=False),
        sa.Column("official_account_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("list_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("after_id", sa.BigInteger(), nullable=False),
        sa.Column("added", BIG_ID, nullable=False),
        sa.Column("not_linked", BIG_ID, nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name="fk_list_export_installation_id"
        ),
        sa.ForeignKeyConstraint(
            ["official_account_id"],
            ["official_account.id"],
            name="fk_list_export_official_account_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_list_export"),
    )
    op.create_index("ix_list_export_installation_id", "list_export", ["installation_id"])
    op.create_index("link_click_of_target", "link_click", ["link_target_id"])
    _add_ready_segments()


def _add_ready_segments() -> None:
    now = sa.func.current_timestamp()
    accounts = sa.table("official_account", sa.column("id"))
    segment = sa.table("segment", *map(sa.column, ("id", *SEGMENT)))
    version = sa.table(
        "segment_version",
        *map(sa.column, ("segment_id", "number", "by", "created_at")),
        sa.column("rule", sa.JSON()),
    )
    # Lists show the newest first.
    for key, rule in reversed(list(READY.items())):
        empty = sa.literal("")
        added = sa.select(accounts.c.id, empty, sa.literal(key), sa.literal(1), now, now)
        op.execute(segment.insert().from_select(SEGMENT, added))
        first = sa.select(segment.c.id, sa.literal(1), sa.literal(rule, sa.JSON()), empty, now)
        op.execute(
            version.insert().from_select(
                ["segment_id", "number", "rule", "by", "created_at"],
                first.where(segment.c.ready == key),
            )
        )


SEGMENT = ("official_account_id", "name", "ready", "version", "created_at", "changed_at")


def downgrade() -> None:
    """Segments are gone."""
    op.drop_index("link_click_of_target", "link_click")
    for table in ("list_export", "segment_version", "segment"):
        op.drop_table(table)
