"""The ledger taken back line by line, and wishes that are counted and settled."""

import pytest
from sqlalchemy import select

from plugin.models import Conflict, db
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.conflicts import move_link
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link, move
from plugin.services.linkage.undo import undo
from tests.services.linkage.unlinked import newest, undo_newest, unlink
from tests.support.people import NOW, linked
from tests.support.portal import Portal
from tests.support.world import ALICE, BOB, CHARLIE

pytestmark = pytest.mark.both_databases

A, B = "U" + "a" * 32, "U" + "b" * 32


def test_an_undo_is_a_line_and_can_be_undone_itself(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    with portal.world.app.app_context():
        first = newest(portal)
    assert undo_newest(portal) == "undone"
    assert portal.tied() == {}
    assert undo_newest(portal) == "undone"
    assert portal.tied() == {ALICE: A}
    assert [deed for deed, _, _ in portal.ledger()] == ["linked", "unlinked", "linked"]
    with portal.world.app.app_context():
        assert undo(first, "bob@example.com") == "overtaken"
        assert newest(portal).source.startswith("undo:")
    portal.world.work()
    assert portal.value(ALICE) == A


def test_an_unlink_is_not_undone_over_somebody_else(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    unlink(portal)
    with portal.world.app.app_context():
        line = newest(portal)
    linked(portal.world, portal.tenant, ALICE, B)
    with portal.world.app.app_context():
        assert undo(line, "bob@example.com") == "taken"
    assert portal.tied() == {ALICE: B}


def test_a_move_is_moved_back(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    with portal.world.app.app_context(), transaction():
        friend = get_or_create_friend(portal.world.account(portal.tenant), A, NOW)
        contact = get_or_create_contact(portal.tenant.installation_id, BOB)
        move(LinkRequest(friend, contact, "manual", "bob@example.com"))
    assert portal.tied() == {BOB: A}
    assert undo_newest(portal) == "undone"
    assert portal.tied() == {ALICE: A}
    portal.world.work()
    assert (portal.value(ALICE), portal.value(BOB)) == (A, "")


def test_a_wish_that_comes_again_is_counted_and_not_told_again(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    for _ in range(3):
        with portal.world.app.app_context(), transaction():
            friend = get_or_create_friend(portal.world.account(portal.tenant), B, NOW)
            contact = get_or_create_contact(portal.tenant.installation_id, ALICE)
            assert (
                link(LinkRequest(friend, contact, "import", "list:1")).decision == "contact_taken"
            )
    with portal.world.app.app_context():
        conflict = db.session.scalars(select(Conflict)).one()
        assert (conflict.times, conflict.decided_at) == (3, None)
        assert move_link(conflict, "bob@example.com")
    assert portal.tied() == {ALICE: B}
    assert [deed for deed, _, _ in portal.ledger()].count("conflict") == 1


def test_who_links_by_the_conflict_s_wish_settles_it(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    with portal.world.app.app_context(), transaction():
        friend = get_or_create_friend(portal.world.account(portal.tenant), A, NOW)
        contact = get_or_create_contact(portal.tenant.installation_id, CHARLIE)
        link(LinkRequest(friend, contact, "import", "list:1"))
    unlink(portal)
    linked(portal.world, portal.tenant, CHARLIE, A)
    with portal.world.app.app_context():
        assert Conflict.count_open(portal.tenant.installation_id) == 0
