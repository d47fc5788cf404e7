"""What is under way when a person pauses HubSpot, or removes it: kept and sent later, or ended."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Delivery, ImportRun, Installation, ListImport, db
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.connection import Mode, switch_mode
from plugin.services.connections.official_account import archive_account
from plugin.services.imports.finish import write_imported
from plugin.services.imports.manage import Plan, create_import
from plugin.services.imports.run import PHASES, import_list
from tests.support.crowd import gather, owe_messages
from tests.support.imports import FIELD, befriend, calls, contacts_with, counts, list_of
from tests.support.portal import Portal, mute
from tests.support.world import ALICE, Tenant, World

pytestmark = pytest.mark.both_databases


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    return Portal(world, alice)


def do(portal: Portal, mode: Mode) -> None:
    with portal.world.app.app_context():
        installation = db.session.get_one(Installation, portal.tenant.installation_id)
        assert switch_mode(installation, mode)


def owed(portal: Portal, count: int) -> None:
    """Messages that wait to be sent, some to friends whose state is not known."""
    crowd = gather(portal.world, portal.tenant, count)
    owe_messages(portal.world, portal.tenant, crowd.friend_ids)


def sent(portal: Portal) -> dict[str, int]:
    found: dict[str, int] = portal.world.sandbox.control("GET", "/deliveries?summary=1")
    return {name: found[name] for name in ("count", "duplicates")}


def states(portal: Portal) -> list[tuple[str, str, str]]:
    with portal.world.app.app_context():
        found = db.session.scalars(select(Delivery).order_by(Delivery.id)).unique()
        return [(one.state, one.result, one.error) for one in found]


def test_messages_that_wait_are_sent_once_after_the_pause(portal: Portal) -> None:
    owed(portal, 12)
    do(portal, "pause")
    for _ in range(3):
        portal.world.work(ahead=60)
    assert sent(portal)["count"] == 0
    assert set(states(portal)) == {("planned", "", "")}
    do(portal, "resume")
    portal.world.work(ahead=60)
    assert sent(portal) == {"count": 12, "duplicates": 0}
    assert {state for state, _, _ in states(portal)} == {"accepted"}


def test_what_hubspot_tells_during_the_pause_counts_after_it(portal: Portal) -> None:
    user = portal.world.sandbox.control("POST", "/friends", {"count": 1})["user_ids"][0]
    do(portal, "pause")
    portal.write(ALICE, line_user_id=user)
    portal.world.work(ahead=60)
    assert portal.tied() == {}
    do(portal, "resume")
    portal.until(lambda: portal.tied() == {ALICE: user})


def test_a_contact_that_was_new_before_the_pause_is_looked_at_after_it(portal: Portal) -> None:
    mute(portal.world)
    (user,) = befriend(portal.world.sandbox, 1)
    (new,) = contacts_with(portal.world.sandbox, [user], "line_user_id")
    lane = portal.tenant.installation_id
    with portal.world.app.app_context(), transaction():
        enqueue("created_contacts", 1, lane, {"ids": [new]})
    do(portal, "pause")
    portal.world.work(ahead=60)
    do(portal, "resume")
    portal.world.work(ahead=60)
    assert portal.tied() == {new: user}


def test_an_import_that_a_pause_meets_goes_on_after_it(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, sandbox = portal.world, portal.world.sandbox
    plan = Plan(list_of(sandbox, contacts_with(sandbox, befriend(sandbox, 2))), FIELD, 0)
    with world.app.app_context():
        import_id = create_import(world.deps, world.account(portal.tenant), plan).id
    begun = PHASES["begin"]

    def pausing(deps: Dependencies, mine: ListImport, run: ImportRun) -> None:
        begun(deps, mine, run)
        do(portal, "pause")

    monkeypatch.setitem(PHASES, "begin", pausing)
    world.work()
    with world.app.app_context():
        assert ImportRun.newest(import_id, 1)[0].state == "running"
    do(portal, "resume")
    world.work(ahead=60)
    assert counts(world, import_id) == {"read": 2, "linked": 2}


def test_what_an_import_linked_waits_for_the_end_of_the_pause_at_ease(portal: Portal) -> None:
    world, sandbox = portal.world, portal.world.sandbox
    ids = contacts_with(sandbox, befriend(sandbox, 2))
    plan = Plan(list_of(sandbox, ids), FIELD, 0)
    with world.app.app_context():
        import_id = create_import(world.deps, world.account(portal.tenant), plan).id
        import_list(world.deps, import_id)
        do(portal, "pause")
        looks_again = write_imported(world.deps, import_id)
        assert looks_again is not None
        assert looks_again > utcnow() + timedelta(seconds=30)
    do(portal, "resume")
    world.work(ahead=60)
    assert all(portal.value(one) for one in ids)


def test_an_import_of_an_account_out_of_use_waits_until_it_is_back(portal: Portal) -> None:
    world, sandbox = portal.world, portal.world.sandbox
    list_id = list_of(sandbox, contacts_with(sandbox, befriend(sandbox, 2)))
    with world.app.app_context():
        account = world.account(portal.tenant)
        create_import(world.deps, account, Plan(list_id, FIELD, 0))
        archive_account(account)
    sandbox.control("DELETE", "/calls")
    world.work(ahead=60)
    assert (portal.tied(), calls(sandbox)) == ({}, {})
    world.connect(portal.tenant)
    world.work(ahead=60)
    assert len(portal.tied()) == 2


def test_a_removal_ends_what_waits_and_says_so(portal: Portal) -> None:
    owed(portal, 3)
    with portal.world.app.app_context(), transaction() as session:
        first = session.scalars(select(Delivery).order_by(Delivery.id)).unique().first()
        assert first is not None
        # A try went out, and nobody knows what came of it.
        first.state, first.maybe_sent = "sending", True
    # None of them is due before the removal.
    portal.world.pass_time(-3600)
    do(portal, "remove")
    portal.world.work(ahead=60)
    why = "HubSpot was removed before this was sent."
    assert states(portal) == [("unknown", "failed", why), *[("refused", "failed", why)] * 2]
    assert sent(portal)["count"] == 0
