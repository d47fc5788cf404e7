"""Everybody at once: no debt is forgotten, nobody waits in a ring for ever, one tie is left."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

import psycopg
import pytest
from sqlalchemy import select

from plugin.models import Conflict, Contact, Friend, HistoryEntry, Linkage, db
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.line_events import handle_event
from plugin.services.friends.profiles import upsert_followers
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage import manual
from plugin.services.linkage.conflicts import move_link
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link, unlink_manually
from plugin.services.linkage.manual import link_manually
from plugin.services.linkage.undo import undo
from plugin.services.login_flow.session import count_visit
from plugin.services.sync.hubspot_events import handle_hubspot_events, store_hubspot_events
from tests.services.linkage.rules import USERS, assert_the_rules, request
from tests.support.people import NOW, contact_of, friend_of, linked
from tests.support.portal import mute
from tests.support.processes import wait_until
from tests.support.world import ALICE, PORTAL, Tenant, World
from tests.web.login_flow.browser import Phone, facts, personal_link

pytestmark = pytest.mark.both_databases

T = TypeVar("T")
ROWS = {
    "visits": "SELECT 1 FROM visit_count FOR UPDATE",
    "ties": "SELECT 1 FROM linkage FOR UPDATE",
}


@pytest.fixture
def rival(world: World) -> Iterator[psycopg.Connection]:
    """Another program on PostgreSQL, more patient than we are. SQLite writes one at a time."""
    with world.app.app_context():
        if db.engine.dialect.name != "postgresql":
            pytest.skip("on SQLite one writes at a time")
        url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as one:
        one.execute("SET deadlock_timeout = '60s'")
        yield one


@pytest.mark.usefixtures("rival")
def test_a_write_that_ends_meanwhile_is_owed_again(world: World, alice: Tenant) -> None:
    _, row = linked(world, alice)
    with world.app.app_context():
        with transaction():
            # Whoever changes something now has read the contact before the write ends.
            contact = contact_of(row)
            assert contact.push_pending
            world.work()
            contact.mark_for_push()
            contact.mark_for_pull()
        db.session.expire_all()
        assert contact_of(row).push_pending
        assert contact_of(row).pull_pending


@pytest.mark.usefixtures("rival")
def test_two_who_change_a_contact_at_once_both_count(world: World, alice: Tenant) -> None:
    _, row = linked(world, alice)
    with world.app.app_context():
        wanted = contact_of(row).push_version
        with transaction():
            contact = contact_of(row)
            with world.app.app_context(), transaction():
                contact_of(row).mark_for_push()
            contact.mark_for_push()
        db.session.expire_all()
        assert contact_of(row).push_version == wanted + 2


def is_waiting(rival: psycopg.Connection) -> bool:
    """Whether anybody waits for what the rival holds."""
    blocked = "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    found = rival.execute(blocked).fetchone()
    return found is not None and found[0] > 0


def somebody_waits(rival: psycopg.Connection) -> bool:
    """Whether anybody in this database waits for anybody."""
    waiting = """SELECT 1 FROM pg_locks WHERE NOT granted AND pid IN (
        SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE datname = current_database())"""
    return rival.execute(waiting).fetchone() is not None


def in_a_ring(rival: psycopg.Connection, rows: str, deed: Callable[[], T]) -> T:
    """The rival holds these rows and then wants Alice's contact, which the deed holds by then."""
    rival.execute(ROWS[rows])
    with ThreadPoolExecutor(1) as hand:
        done = hand.submit(deed)
        wait_until(lambda: is_waiting(rival), 20, "the deed waits for the rival")
        # PostgreSQL ends the transaction of who is less patient; the rival gets the contact.
        rival.execute("SELECT 1 FROM contact WHERE contact_id = %s FOR UPDATE", (ALICE,))
        rival.commit()
        return done.result(30)


def test_a_yes_that_loses_a_deadlock_is_said_again(
    world: World, alice: Tenant, rival: psycopg.Connection
) -> None:
    phone = Phone("bob")
    phone.follow(personal_link(world, alice))
    with world.app.app_context():
        count_visit(world.code(alice), "linked")
    in_a_ring(rival, "visits", phone.submit)
    assert phone.outcome == "linked"
    assert len(facts(world).linkages) == len(facts(world).ledger) == 1


@pytest.mark.parametrize("how", ["decide", "undo", "unlink"])
def test_a_decision_that_loses_a_deadlock_is_made_again(
    world: World, alice: Tenant, rival: psycopg.Connection, how: str
) -> None:
    linked(world, alice, user_id=USERS[0])
    world.work()
    request(world, alice, USERS[1], ALICE)

    def deed() -> bool:
        with world.app.app_context():
            if how == "decide":
                return move_link(db.session.scalars(select(Conflict)).one(), "test")
            if how == "undo":
                made = select(HistoryEntry).where(HistoryEntry.event_type == "linked")
                return undo(db.session.scalars(made).one(), "test") == "undone"
            unlink_manually(db.session.scalars(select(Linkage)).one(), "test")
            return True

    assert in_a_ring(rival, "ties", deed)
    world.work()
    assert_the_rules(world)
    assert [user for user, _ in facts(world).linkages] == ([USERS[1]] if how == "decide" else [])


def test_who_is_tied_while_being_forgotten_is_forgotten(
    world: World, alice: Tenant, rival: psycopg.Connection
) -> None:
    mute(world)
    event = {"eventId": 1, "portalId": PORTAL, "occurredAt": 1, "objectId": ALICE}
    with world.app.app_context():
        with transaction():
            get_or_create_contact(alice.installation_id, ALICE)
        store_hubspot_events([{**event, "subscriptionType": "contact.privacyDeletion"}])

    def forget() -> None:
        with world.app.app_context():
            handle_hubspot_events(alice.installation_id)

    with ThreadPoolExecutor(1) as hand:
        with world.app.app_context(), transaction():
            friend = get_or_create_friend(world.account(alice), USERS[0], NOW)
            link(
                LinkRequest(
                    friend, get_or_create_contact(alice.installation_id, ALICE), "import", "test"
                )
            )
            db.session.flush()
            done = hand.submit(forget)
            wait_until(lambda: somebody_waits(rival), 20, "who forgets waits for who ties")
        done.result(30)
    with world.app.app_context():
        assert not db.session.scalars(select(Linkage)).all()
        (user_id,) = db.session.scalars(select(Friend.line_user_id)).all()
        assert user_id.startswith("erased:")


def test_who_is_linked_by_hand_while_being_deleted_is_there_again(
    world: World, alice: Tenant, rival: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked(world, alice, user_id=USERS[0])

    found = get_or_create_contact

    def deleted(installation_id: int, contact_id: int) -> Contact:
        contact = found(installation_id, contact_id)
        rival.execute("UPDATE contact SET deleted_at = now() WHERE id = %s", (contact.id,))
        rival.commit()
        return contact

    monkeypatch.setattr(manual, "get_or_create_contact", deleted)
    with world.app.app_context():
        unlink_manually(db.session.scalars(select(Linkage)).one(), "test")
        tied = link_manually(world.deps, world.account(alice), ALICE, USERS[0], "test")
        assert tied.decision == "link"
    with world.app.app_context():
        assert db.session.scalars(select(Contact.deleted_at)).all() == [None]


def test_an_older_event_does_not_overwrite_what_line_lists_meanwhile(
    world: World, alice: Tenant, rival: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    friend_id, _ = linked(world, alice, user_id=USERS[0], status="blocked")
    told, listed_at = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)
    source = {"type": "user", "userId": USERS[0]}
    event = {"type": "unfollow", "source": source, "timestamp": int(told.timestamp() * 1000)}

    def listed() -> None:
        with world.app.app_context(), transaction():
            upsert_followers(alice.account_id, [USERS[0]], listed_at)

    with ThreadPoolExecutor(1) as hand:
        noted = Friend.note_status

        def meanwhile(friend: Friend, status: str, at: datetime) -> bool:
            listing.append(hand.submit(listed))
            wait_until(lambda: listing[0].done() or somebody_waits(rival), 20, "LINE lists")
            return noted(friend, status, at)

        listing: list[Future[None]] = []
        monkeypatch.setattr(Friend, "note_status", meanwhile)
        with world.app.app_context(), transaction():
            handle_event(world.account(alice), event)
        listing[0].result(20)
    with world.app.app_context():
        friend = friend_of(friend_id)
        assert (friend.status, friend.status_at) == ("following", listed_at)
