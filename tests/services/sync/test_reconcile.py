"""The nightly comparison: what differs is mended or listed, and a killed one goes on."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.core.imports import INDEX_LAG
from plugin.gateways import GatewayError
from plugin.models import Contact, Installation, Job, ReconcileRun, db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sql import insert_or
from plugin.models.transaction import transaction
from plugin.services.sync.differences import STILL_SHOWN
from plugin.services.sync.pull import check_contacts
from plugin.services.sync.reconcile import begin_reconcile, plan_reconciles, reconcile
from tests.support.imports import calls
from tests.support.people import line_user, linked
from tests.support.portal import Portal, mute
from tests.support.world import ALICE, BOB, CHARLIE, Tenant, World

pytestmark = pytest.mark.both_databases

A, B, C = "U" + "a" * 32, "U" + "b" * 32, "U" + "c" * 32


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    portal = Portal(world, alice)
    # What no webhook tells is what the night is for.
    mute(world)
    return portal


def night(portal: Portal) -> dict[str, int]:
    """Compare now; what every contact came to."""
    with portal.world.app.app_context():
        begin_reconcile(portal.tenant.installation_id)
    portal.world.work()
    with portal.world.app.app_context():
        run = ReconcileRun.newest_of(portal.tenant.installation_id)
        assert run is not None
        assert run.finished_at is not None
        return run.counts


def test_what_is_the_same_is_left_alone(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    portal.world.work()
    assert night(portal) == {"same": 1}
    assert [deed for deed, _, _ in portal.ledger()] == ["linked"]


def test_what_webhooks_never_told_is_found(portal: Portal) -> None:
    linked(portal.world, portal.tenant, ALICE, A)
    linked(portal.world, portal.tenant, BOB, B)
    linked(portal.world, portal.tenant, CHARLIE, line_user("charlie"))
    portal.world.work()
    portal.write(ALICE, line_user_id="")
    portal.delete(BOB)
    portal.write(CHARLIE, line_friend_status="blocked", line_display_name="Somebody")
    counts = night(portal)
    assert counts == {"unlinked": 1, "gone": 1, "rewritten": 1}
    assert portal.tied() == {CHARLIE: line_user("charlie")}
    portal.world.work()
    assert portal.value(CHARLIE, "line_friend_status") == "following"


def test_ids_that_nobody_told_of_are_found_once(portal: Portal) -> None:
    sandbox = portal.world.sandbox
    sandbox.control("DELETE", "/calls")
    portal.write(CHARLIE, line_user_id=line_user("charlie"))
    portal.write(ALICE, line_user_id="not an id")
    assert night(portal) == {"linked": 1, "refused": 1}
    assert portal.tied() == {CHARLIE: line_user("charlie")}
    assert [(deed, method) for deed, method, _ in portal.ledger() if deed == "linked"] == [
        ("linked", "property")
    ]
    # A page with both of them, and a page that says that there are no more.
    assert calls(sandbox)["contacts/search"] == 2
    assert night(portal)["same"] >= 1


def test_what_stood_there_before_the_last_night_is_not_searched(portal: Portal) -> None:
    portal.write(CHARLIE, line_user_id=line_user("charlie"))
    with portal.world.app.app_context(), transaction() as session:
        later = utcnow() + INDEX_LAG + timedelta(minutes=1)
        session.execute(update(Installation).values(installed_at=later))
    assert night(portal) == {}
    assert portal.tied() == {}


def test_the_search_pages_through_any_number(portal: Portal) -> None:
    made = portal.world.sandbox.control(
        "POST", "/contacts", {"count": 450, "properties": {"line_user_id": "not an id"}}
    )
    assert night(portal) == {"refused": 450}
    with portal.world.app.app_context():
        assert db.session.query(Contact).count() == len(made["ids"])


def test_a_changed_value_is_reported_and_the_tie_shown_again(portal: Portal) -> None:
    linked(portal.world, portal.tenant, ALICE, A)
    linked(portal.world, portal.tenant, BOB, B)
    portal.world.work()
    portal.write(ALICE, line_user_id=B)
    assert night(portal) == {"conflict": 1, "same": 1}
    assert portal.value(ALICE) == A
    assert portal.tied() == {ALICE: A, BOB: B}


def test_values_that_are_lost_all_at_once_are_written_again(portal: Portal) -> None:
    for contact_id, user in ((ALICE, A), (BOB, B), (CHARLIE, C)):
        linked(portal.world, portal.tenant, contact_id, user)
    portal.world.work()
    for contact_id in (ALICE, BOB, CHARLIE):
        portal.write(contact_id, line_user_id="")
    assert night(portal) == {"rewritten": 3}
    assert portal.tied() == {ALICE: A, BOB: B, CHARLIE: C}
    assert portal.value(BOB) == B


def test_a_killed_comparison_goes_on_where_it_was(portal: Portal) -> None:
    installation_id = portal.tenant.installation_id
    made = portal.world.sandbox.control("POST", "/contacts", {"count": 250})["ids"]
    rows = [{"installation_id": installation_id, "contact_id": int(one)} for one in made]
    with portal.world.app.app_context():
        with transaction() as session:
            session.execute(insert_or(Contact), rows)
        # A search that finds nobody, and three batches.
        assert all(reconcile(portal.world.deps, installation_id) for _ in range(3))
        assert not reconcile(portal.world.deps, installation_id)
        run = ReconcileRun.newest_of(installation_id)
        assert run is not None
        assert (run.read, run.counts) == (250, {"same": 250})


def test_it_is_planned_for_the_portal_s_own_night(portal: Portal) -> None:
    def planned() -> int:
        plan_reconciles()
        return len(db.session.scalars(select(Job.id).where(Job.kind == "reconcile")).all())

    with portal.world.app.app_context():
        now = utcnow()
        # The sign of these names is that of POSIX: UTC+12 is Etc/GMT-12.
        by_hour = {(now + timedelta(hours=h)).hour: f"Etc/GMT{-h:+d}" for h in range(-11, 13)}
        for hour, expected in ((12, 0), (3, 0), (3, 1)):
            begun = now - timedelta(hours=30 if expected else 1)
            with transaction() as session:
                zone = by_hour[hour]
                values = {"time_zone": zone, "installed_at": begun}
                session.execute(update(Installation).values(values))
            db.session.expire_all()
            assert planned() == expected, (hour, zone)


def test_a_paused_portal_is_left_alone(portal: Portal) -> None:
    with portal.world.app.app_context():
        with transaction() as session:
            session.execute(update(Installation).values(state="paused"))
        assert not reconcile(portal.world.deps, portal.tenant.installation_id)
        assert ReconcileRun.newest_of(portal.tenant.installation_id) is None
        assert db.session.scalars(select(OfficialAccount)).all()


@pytest.mark.parametrize("category", ["", "INTERNAL_ERROR"])
def test_a_contact_that_hubspot_only_leaves_out_is_not_gone(portal: Portal, category: str) -> None:
    linked(portal.world, portal.tenant)
    portal.world.work()
    error = {"category": category, "message": "not now", "context": {"ids": [str(ALICE)]}}
    answer = {"results": [], "errors": [error] if category else []}
    portal.world.sandbox.fail("contacts/batch/read", {"status": 200, "body": answer}, times=2)
    assert night(portal) == {"unread": 1}
    assert portal.tied() == {ALICE: A}
    portal.write(ALICE, line_user_id="")
    with portal.world.app.app_context():
        with transaction():
            portal.contact(ALICE).mark_for_pull()
        with pytest.raises(GatewayError):
            check_contacts(portal.world.deps, portal.tenant.installation_id)
        # It stays owed, and is asked for again a while later.
        assert portal.tied() == {ALICE: A}
        check_contacts(portal.world.deps, portal.tenant.installation_id)
    assert portal.tied() == {}


def test_a_contact_that_was_restored_unheard_gets_its_link_back(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    portal.world.work()
    portal.delete(ALICE)
    assert night(portal) == {"gone": 1}
    portal.restore(ALICE)
    # What HubSpot shows so soon after a deletion may be what was there before.
    assert night(portal) == {"same": 1}
    with portal.world.app.app_context(), transaction() as session:
        session.execute(update(Contact).values(deleted_at=utcnow() - STILL_SHOWN))
    assert night(portal) == {"linked": 1}
    assert portal.tied() == {ALICE: A}
    assert [deed for deed, _, _ in portal.ledger()] == ["linked", "unlinked", "linked"]
