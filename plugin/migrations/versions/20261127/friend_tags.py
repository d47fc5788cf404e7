"""Friends' tags are rows, so that who carries a tag is found without reading all friends.

Revision ID: friend_tags
Revises: inbox
"""

import sqlalchemy as sa
from alembic import op

revision = "friend_tags"
down_revision = "inbox"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Friends that one statement reads.
BATCH = 10_000


def upgrade() -> None:
    op.create_table(
        "friend_tag",
        sa.Column("friend_id", BIG_ID, nullable=False),
        sa.Column("tag_id", BIG_ID, nullable=False),
        sa.Column("place", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["friend_id"], ["friend.id"], name="fk_friend_tag_friend_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_friend_tag_tag_id"),
        sa.PrimaryKeyConstraint("friend_id", "tag_id", name="pk_friend_tag"),
    )
    op.create_table(
        "tag_change",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("tag_id", BIG_ID, nullable=False),
        sa.Column("n", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_tag_change_tag_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tag_change"),
    )
    op.add_column("tag", sa.Column("friends", BIG_ID, nullable=False, server_default="0"))
    for start in _batches():
        _to_rows(start)
    op.create_index("friend_tag_of_tag", "friend_tag", ["tag_id", "friend_id"])
    op.execute(
        "UPDATE tag SET friends = (SELECT count(*) FROM friend_tag WHERE friend_tag.tag_id = tag.id)"
    )
    op.create_index("tag_most_used", "tag", ["installation_id", "friends", "id"])
    # Alembic would copy SQLite's table, and lose its triggers.
    op.execute("ALTER TABLE friend DROP COLUMN tags")


def _batches() -> range:
    """Return the first id of each batch."""
    last = op.get_bind().execute(sa.text("SELECT max(id) FROM friend")).scalar()
    return range(0, (last or 0) + 1, BATCH)


def _to_rows(start: int) -> None:
    if op.get_bind().dialect.name == "sqlite":
        opened = "json_each(friend.tags) AS element"
        name, place = "element.value", "element.key + 1"
    else:
        opened = (
            "json_array_elements_text(CASE json_typeof(friend.tags) WHEN 'array' THEN friend.tags"
            " ELSE '[]' END) WITH ORDINALITY AS element(value, place)"
        )
        name, place = "element.value", "element.place"
    friends = (
        "FROM friend JOIN official_account AS account ON account.id = friend.official_account_id"
        f" JOIN {opened} ON true"
    )
    these = f"friend.id BETWEEN {start} AND {start + BATCH - 1}"
    # Each is known already, except where somebody else wrote the column.
    op.execute(
        "INSERT INTO tag (installation_id, name, created_at)"
        f" SELECT DISTINCT account.installation_id, {name}, CURRENT_TIMESTAMP {friends}"
        f" WHERE {these} AND {name} IS NOT NULL ON CONFLICT DO NOTHING"
    )
    op.execute(
        "INSERT INTO friend_tag (friend_id, tag_id, place)"
        f" SELECT friend.id, tag.id, min({place}) {friends}"
        f" JOIN tag ON tag.installation_id = account.installation_id AND tag.name = {name}"
        f" WHERE {these} GROUP BY friend.id, tag.id"
    )


def downgrade() -> None:
    """Friends carry their tags in a column again."""
    op.execute("ALTER TABLE friend ADD COLUMN tags JSON NOT NULL DEFAULT '[]'")
    for start in _batches():
        _to_column(start)
    op.drop_index("tag_most_used", "tag")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE friend ALTER COLUMN tags DROP DEFAULT")
    op.execute("ALTER TABLE tag DROP COLUMN friends")
    op.drop_table("tag_change")
    op.drop_table("friend_tag")


def _to_column(start: int) -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    gathered = "json_group_array(name)" if sqlite else "json_agg(name ORDER BY place)"
    op.execute(
        f"UPDATE friend SET tags = (SELECT {gathered} FROM (SELECT tag.name, friend_tag.place"
        " FROM friend_tag JOIN tag ON tag.id = friend_tag.tag_id"
        " WHERE friend_tag.friend_id = friend.id ORDER BY friend_tag.place) AS named)"
        f" WHERE id BETWEEN {start} AND {start + BATCH - 1}"
        " AND EXISTS (SELECT 1 FROM friend_tag WHERE friend_tag.friend_id = friend.id)"
    )
