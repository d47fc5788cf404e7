"""While an import waits for HubSpot, LINE is asked already whose the IDs are."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.models import ImportMember, ImportRun, db
from plugin.models.imports.import_member import ENDED, REFUSED
from plugin.models.system.rate_budget import BudgetSpent
from plugin.models.transaction import transaction
from plugin.services.imports.manage import Plan, create_import
from plugin.services.imports.run import PHASES
from plugin.services.system.rate_limits import DatabaseMeter
from tests.support.imports import FIELD, befriend, calls, contacts_with, counts, list_of
from tests.support.world import PORTAL, Sandbox, Tenant, World, renew

pytestmark = pytest.mark.both_databases

FOLLOWERS = "GET /line-api/v2/bot/followers/ids"
PROFILE = "GET /line-api/v2/bot/profile/<user_id>"
# Longer than the slowest machine needs for what happens meanwhile.
WINDOW = timedelta(minutes=5)


def held_up(world: World, alice: Tenant, sandbox: Sandbox, values: list[str]) -> int:
    """An import of which HubSpot has shown two hundred contacts, and lets nobody in now; its id."""
    list_id = list_of(sandbox, contacts_with(sandbox, values))
    sandbox.control("DELETE", "/calls")
    with world.app.app_context():
        plan = Plan(list_id, FIELD, 60)
        mine = create_import(world.deps, world.account(alice), plan)
        run = ImportRun.running(mine.id)
        assert run is not None
        # The beginning, a page of 250, and two reads of 100.
        for _ in range(3):
            PHASES[run.phase](world.deps, mine, run)
        DatabaseMeter().close(f"hubspot:{PORTAL}", utcnow() + WINDOW)
        import_id = mine.id
    world.work()
    return import_id


def go_on(world: World) -> None:
    """HubSpot's window is over."""
    with world.app.app_context(), transaction() as session:
        session.execute(update(BudgetSpent).values(closed_until_ms=0, grants=[]))
    renew(world.app)
    world.work(ahead=WINDOW.total_seconds() + 10)


def place(world: World, import_id: int) -> tuple[str, str]:
    """What the run is at, and where in LINE's list."""
    with world.app.app_context():
        run = ImportRun.newest(import_id, 1)[0]
        return run.phase, run.followers_after


def test_friends_are_listed_in_the_meantime(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    import_id = held_up(world, alice, sandbox, befriend(sandbox, 1100)[:350])
    assert place(world, import_id) == ("members", ENDED)
    assert calls(sandbox)[FOLLOWERS] == 2
    # And their names, of those whom HubSpot has not shown yet as well.
    assert calls(sandbox)[PROFILE] >= 1100
    with world.app.app_context():
        assert db.session.query(ImportMember).filter_by(pending=True).count() == 200
    go_on(world)
    assert counts(world, import_id) == {"read": 350, "linked": 350}
    assert calls(sandbox)[FOLLOWERS] == 2
    assert calls(sandbox)[PROFILE] <= 1101


def test_whoever_is_not_on_the_list_is_no_friend(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    strangers = [f"U{number:032x}" for number in range(10)]
    befriended = befriend(sandbox, 340)
    import_id = held_up(world, alice, sandbox, [*befriended, *strangers])
    go_on(world)
    assert counts(world, import_id) == {"read": 350, "linked": 340, "unknown_friend": 10}
    asked = calls(sandbox)
    assert asked[FOLLOWERS] == 1
    # Names are asked for, also of a friend who is on LINE's list and not on HubSpot's.
    assert asked[PROFILE] <= 341


def test_where_line_lists_nobody_it_is_asked_once_and_then_one_by_one(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    sandbox.control("POST", "/line-channels/2000000001", {"verified": False})
    import_id = held_up(world, alice, sandbox, befriend(sandbox, 350))
    assert place(world, import_id) == ("members", REFUSED)
    go_on(world)
    assert counts(world, import_id) == {"read": 350, "linked": 350}
    assert calls(sandbox)[FOLLOWERS] == 1


def test_a_failure_of_lines_waits_for_its_turn(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    sandbox.fail("followers/ids", {"status": 500}, times=1)
    import_id = held_up(world, alice, sandbox, befriend(sandbox, 350))
    assert place(world, import_id) == ("members", "")
    go_on(world)
    assert counts(world, import_id) == {"read": 350, "linked": 350}


def test_a_handful_of_strangers_is_asked_for_later(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    import_id = held_up(world, alice, sandbox, [*befriend(sandbox, 5), *[""] * 345])
    assert place(world, import_id) == ("members", "")
    go_on(world)
    assert counts(world, import_id) == {"read": 350, "linked": 5}
    assert calls(sandbox)[FOLLOWERS] == 0
