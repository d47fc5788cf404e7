"""The search for people: whatever writes a name, it is found at once, and without a full scan."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text, update

from plugin.core.clock import utcnow
from plugin.models import Contact, Friend, Linkage, SearchPending, SearchTerm, db
from plugin.models.people.find_people import find_people
from plugin.models.people.friend_search import FriendFilter, find_friends
from plugin.models.transaction import transaction
from plugin.services.friends.search_terms import write_search_terms
from tests.support.crowd import gather
from tests.support.people import linked
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


@pytest.fixture
def friend_id(world: World, alice: Tenant) -> int:
    friend_id, contact_row_id = linked(world, alice)
    with world.app.app_context(), transaction() as session:
        session.execute(
            update(Friend).where(Friend.id == friend_id).values(display_name="Mika 田中太郎")
        )
        session.execute(
            update(Contact)
            .where(Contact.id == contact_row_id)
            .values(email="mika@example.test", firstname="Michaela", lastname="Tanaka")
        )
    return friend_id


def found(tenant: Tenant, query: str) -> list[int]:
    """The same by the search box and by the list's filter."""
    people = find_people(tenant.installation_id, query, 20)
    statement = find_friends(tenant.installation_id, FriendFilter(q=query))
    listed = db.session.scalars(statement).unique()
    ids = [friend.id for friend in people]
    assert {friend.id for friend in listed} == set(ids)
    return ids


def write_all() -> None:
    while write_search_terms():
        pass
    assert db.session.scalar(select(func.count()).select_from(SearchPending)) == 0


QUERIES = ("mika", "太郎", "tanaka mich", "mika@exam", "U" + "a" * 32)


@pytest.mark.parametrize("written", [False, True])
def test_by_each_name_before_and_after_the_terms_are_written(
    world: World, alice: Tenant, charlie: Tenant, friend_id: int, written: bool
) -> None:
    with world.app.app_context():
        if written:
            write_all()
        assert [found(alice, query) for query in QUERIES] == [[friend_id]] * len(QUERIES)
        assert [found(charlie, query) for query in QUERIES] == [[]] * len(QUERIES)
        assert found(alice, "mika nobody") == []
        assert found(alice, "%") == []
        assert found(alice, "a" * 5000) == []
        assert found(alice, " ".join(["mika"] * 2000)) == [friend_id]


def test_every_statement_that_changes_a_name_is_noticed(
    world: World, alice: Tenant, friend_id: int
) -> None:
    with world.app.app_context():
        write_all()
        with transaction() as session:
            session.execute(update(Friend).values(display_name="Renamed"))
        assert found(alice, "renamed") == [friend_id]
        write_all()
        assert found(alice, "renamed") == [friend_id]
        assert found(alice, "mika@example") == [friend_id]
        with transaction() as session:
            session.execute(update(Contact).values(firstname="Other", email="new@example.test"))
        write_all()
        assert found(alice, "mika") == []
        assert found(alice, "other new@") == [friend_id]
        with transaction() as session:
            session.execute(delete(Linkage))
        write_all()
        assert found(alice, "other") == []
        assert found(alice, "renamed") == [friend_id]


def test_what_changes_nothing_shown_writes_nothing(
    world: World, alice: Tenant, friend_id: int
) -> None:
    with world.app.app_context():
        write_all()
        with transaction() as session:
            session.execute(update(Friend).values(last_sent_at=utcnow() + timedelta(hours=1)))
            session.execute(update(Contact).values(read_at=utcnow()))
        assert db.session.scalar(select(func.count()).select_from(SearchPending)) == 0


def test_a_friend_who_is_deleted_takes_their_terms_along(
    world: World, alice: Tenant, friend_id: int
) -> None:
    with world.app.app_context():
        write_all()
        with transaction() as session:
            gone = Friend(
                official_account_id=alice.account_id, line_user_id="U" + "b" * 32,
                created_at=utcnow(), display_name="Gone",
            )  # fmt: skip
            session.add(gone)
        write_all()
        assert found(alice, "gone") == [gone.id]
        with transaction() as session:
            session.execute(delete(Friend).where(Friend.id == gone.id))
        remaining = select(func.count()).where(SearchTerm.friend_id == gone.id)
        assert db.session.scalar(remaining) == 0


def test_a_search_reads_an_index(world: World, alice: Tenant) -> None:
    gather(world, alice, 2000)
    with world.app.app_context():
        write_all()
        with transaction() as session:
            session.execute(text("ANALYZE"))
        statement = find_friends(alice.installation_id, FriendFilter(q="person-77 nobody"))
        bound = statement.with_only_columns(Friend.id).compile(
            db.engine, compile_kwargs={"literal_binds": True}
        )
        sqlite = db.engine.dialect.name == "sqlite"
        explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        rows = db.session.execute(text(f"{explain} {bound}".replace(":", "\\:")))
        plan = "\n".join(str(row[-1]) for row in rows)
    assert "search_term_found" in plan
    assert "Seq Scan on search_term" not in plan
    assert "SCAN friend" not in plan
    assert "Seq Scan on friend" not in plan
