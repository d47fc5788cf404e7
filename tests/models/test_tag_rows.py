"""Tags of friends move from a column into rows, and back, on a database that is in use."""

import json

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select, text

from plugin.core.clock import utcnow
from plugin.migrating import wire_migrations
from plugin.models import Friend, FriendTag, Tag, db
from plugin.models.people.search_term import SearchPending
from plugin.models.transaction import transaction
from plugin.services.friends.tags import register_tags
from tests.support.people import carry
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases
# More than one statement reads.
FAR = 25_000
# Of the first tenant, by their ids; some were never offered, one stands twice.
WRITTEN = {
    1: ["vip", "東京"],
    2: [],
    3: ["b", "a", "vip", "b"],
    FAR: ["late", "vip", 'quote"s'],
}


def befriend(tenant: Tenant, friend_id: int) -> None:
    with transaction() as session:
        session.add(
            Friend(
                id=friend_id,
                official_account_id=tenant.account_id,
                line_user_id=f"U{friend_id:032}",
                created_at=utcnow(),
            )
        )


def columns() -> dict[int, list[str]]:
    """The tags as the column has them."""
    rows = db.session.execute(text("SELECT id, tags FROM friend")).tuples().all()
    db.session.rollback()
    return {id_: json.loads(tags) if isinstance(tags, str) else tags for id_, tags in rows}


def carried() -> dict[int, list[str]]:
    return {friend.id: friend.tags for friend in db.session.scalars(select(Friend)).unique()}


def counts(tenant: Tenant) -> dict[str, int]:
    rows = db.session.scalars(Tag.owned(tenant.installation_id))
    return {tag.name: tag.friends for tag in rows}


def test_tags_move_into_rows_and_back(world: World, alice: Tenant, charlie: Tenant) -> None:
    wire_migrations(world.app)
    with world.app.app_context():
        for friend_id in WRITTEN:
            befriend(alice, friend_id)
        befriend(charlie, 4)
        with transaction():
            register_tags(alice.installation_id, ["vip", "unused"])
        downgrade(revision="inbox")
        statement = text("UPDATE friend SET tags = :tags WHERE id = :id")
        with transaction() as session:
            for friend_id, tags in {**WRITTEN, 4: ["vip"]}.items():
                session.execute(statement, {"tags": json.dumps(tags), "id": friend_id})
        upgrade()
        expected = {**WRITTEN, 3: ["b", "a", "vip"], 4: ["vip"]}
        assert carried() == expected
        assert counts(alice) == {
            "vip": 3, "東京": 1, "a": 1, "b": 1, "late": 1, 'quote"s': 1, "unused": 0,
        }  # fmt: skip
        assert counts(charlie) == {"vip": 1}
        db.session.rollback()
        downgrade(revision="inbox")
        assert columns() == expected
        upgrade()
        assert carried() == expected


def test_what_the_database_does_by_itself_goes_on(world: World, alice: Tenant) -> None:
    """Dropping a column kept the triggers of names, and a deleted friend takes the tags along."""
    wire_migrations(world.app)
    with world.app.app_context():
        befriend(alice, 7)
        with transaction():
            carry(db.session.get_one(Friend, 7), "vip")
        downgrade(revision="inbox")
        upgrade()
        with transaction() as session:
            session.execute(text("DELETE FROM search_pending"))
            session.execute(text("UPDATE friend SET display_name = 'Other' WHERE id = 7"))
        assert db.session.scalars(select(SearchPending.friend_id)).all() == [7]
        with transaction() as session:
            session.execute(text("DELETE FROM friend WHERE id = 7"))
        assert db.session.scalar(select(func.count()).select_from(FriendTag)) == 0
