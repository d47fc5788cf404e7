"""What a page has read before may be untrue by the time it writes: nothing is decided by it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import Conflict, Contact, Friend, HistoryEntry, Linkage, db
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.session import LostRace
from plugin.models.transaction import retried, transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.conflicts import keep_as_is, move_link
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link, move_linkage, unlink, unlink_manually
from plugin.services.linkage.undo import undo
from plugin.services.login_flow.confirm import confirm_login
from plugin.services.login_flow.unverified_email import close_attempt
from plugin.services.sync.merges import merge_contacts
from tests.support.people import NOW, linked
from tests.support.portal import mute
from tests.support.world import ALICE, BOB, CHARLIE, Tenant, World
from tests.web.login_flow.browser import Phone, facts

pytestmark = pytest.mark.both_databases

ANNA, BERTA = "U" + "a" * 32, "U" + "b" * 32


def request(world: World, alice: Tenant, user_id: str, contact_id: int) -> None:
    with transaction():
        friend = get_or_create_friend(world.account(alice), user_id, NOW)
        link(
            LinkRequest(
                friend, get_or_create_contact(alice.installation_id, contact_id), "manual", "test"
            )
        )


def link_of(user_id: str) -> Linkage:
    return db.session.scalars(
        select(Linkage).join(Friend).where(Friend.line_user_id == user_id)
    ).one()


def meanwhile(world: World, deed: Callable[[], object]) -> None:
    """Another request, with a session of its own."""
    with world.app.app_context():
        deed()


def moved(world: World, alice: Tenant, user_id: str, contact_id: int) -> Callable[[], None]:
    def deed() -> None:
        with transaction():
            contact = get_or_create_contact(alice.installation_id, contact_id)
            linkage = link_of(user_id)
            move_linkage(linkage, LinkRequest(linkage.friend, contact, "manual", "other"))

    return deed


def pairs(world: World) -> dict[str, int]:
    with world.app.app_context():
        rows = db.session.scalars(select(Linkage))
        return {row.friend.line_user_id: row.contact.contact_id for row in rows}


def test_a_link_that_came_in_the_way_since_it_was_read_gives_way(
    world: World, alice: Tenant
) -> None:
    mute(world)
    linked(world, alice, BOB, ANNA)
    linked(world, alice, CHARLIE, BERTA)
    linked(world, alice, ALICE, "U" + "c" * 32)
    with world.app.app_context():
        request(world, alice, BERTA, ALICE)
        conflict = db.session.scalars(select(Conflict)).one()
        unlink_manually(link_of("U" + "c" * 32), "test")
        stale = link_of(ANNA)
        assert stale.contact.contact_id == BOB
        meanwhile(world, moved(world, alice, ANNA, ALICE))
        assert stale.contact_row_id != conflict.contact_row_id
        assert move_link(conflict, "test")
    assert pairs(world) == {BERTA: ALICE}


def test_a_removal_that_meets_no_row_is_noticed(world: World, alice: Tenant) -> None:
    mute(world)
    linked(world, alice, ALICE, ANNA)
    with world.app.app_context():
        linkage = link_of(ANNA)
        meanwhile(world, moved(world, alice, ANNA, BOB))
        with pytest.raises(LostRace), transaction():
            unlink(linkage, "test")
        linkage = link_of(ANNA)
        contact = db.session.scalars(select(Contact).where(Contact.contact_id == ALICE)).one()
        meanwhile(world, lambda: unlink_manually(link_of(ANNA), "other"))
        with pytest.raises(LostRace), transaction():
            move_linkage(linkage, LinkRequest(linkage.friend, contact, "manual", "test"))
    assert pairs(world) == {}


def test_a_lost_race_is_repeated_on_either_database(world: World, alice: Tenant) -> None:
    linked(world, alice, ALICE, ANNA)
    tries: list[int] = []

    @retried
    def twice_the_same() -> None:
        tries.append(1)
        with transaction() as session:
            friend = get_or_create_friend(world.account(alice), ANNA, NOW)
            if len(tries) < 3:
                contact = get_or_create_contact(alice.installation_id, BOB)
                session.add(
                    Linkage(
                        official_account_id=alice.account_id,
                        friend_id=friend.id,
                        contact_row_id=contact.id,
                        method="manual",
                        linked_at=NOW,
                    )
                )

    with world.app.app_context():
        twice_the_same()
    assert len(tries) == 3


def test_two_who_unlink_at_once_unlink_once(world: World, alice: Tenant) -> None:
    mute(world)
    linked(world, alice, ALICE, ANNA)
    with world.app.app_context():
        linkage = link_of(ANNA)
        meanwhile(world, lambda: unlink_manually(link_of(ANNA), "other"))
        unlink_manually(linkage, "test")
    assert [entry[0] for entry in facts(world).ledger] == ["linked", "unlinked"]


@pytest.mark.parametrize("decide", [move_link, keep_as_is])
def test_a_conflict_is_decided_about_the_contact_that_it_leads_to_by_now(
    world: World, alice: Tenant, decide: Callable[[Conflict, str], bool]
) -> None:
    mute(world)
    linked(world, alice, ALICE, ANNA)
    with world.app.app_context():
        request(world, alice, BERTA, ALICE)
        conflict = db.session.scalars(select(Conflict)).one()
        assert conflict.contact.contact_id == ALICE

        def merged() -> None:
            with transaction():
                merge_contacts(alice.installation_id, BOB, [ALICE])

        meanwhile(world, merged)
        assert decide(conflict, "test")
    expected = {BERTA: BOB} if decide is move_link else {ANNA: BOB}
    assert pairs(world) == expected


def test_an_undo_that_was_overtaken_says_so(world: World, alice: Tenant) -> None:
    mute(world)
    linked(world, alice, ALICE, ANNA)
    with world.app.app_context():
        entry, stale = db.session.scalars(select(HistoryEntry)).one(), link_of(ANNA)
        meanwhile(world, moved(world, alice, ANNA, BOB))
        assert undo(entry, "test") == "overtaken"
        assert stale.contact.contact_id == BOB
    assert pairs(world) == {ANNA: BOB}


def test_a_yes_whose_lease_ran_out_does_not_overwrite_the_outcome(
    world: World, alice: Tenant
) -> None:
    phone = Phone("bob")
    phone.scan(world, alice)
    with world.app.app_context():
        attempt = db.session.scalars(select(LoginAttempt)).one()

        def settled() -> None:
            with transaction() as session:
                own = update(LoginAttempt).where(LoginAttempt.id == attempt.id)
                session.execute(own.values(outcome="linked", confirmed_at=utcnow()))

        meanwhile(world, settled)
        assert close_attempt(attempt, "proposed") == "linked"
        assert confirm_login(world.deps, attempt) == "linked"
        assert attempt.confirmed_at is not None
        assert attempt.confirmed_at > utcnow() - timedelta(minutes=1)
