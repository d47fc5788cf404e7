"""Runs of an import: what they cost, how they repeat, stop and fail, and that HubSpot is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from plugin.core.clock import utcnow
from plugin.core.imports import INDEX_LAG
from plugin.models import ImportMember, ImportRun, ListImport, db
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.imports.manage import (
    Plan,
    Unfit,
    change_interval,
    create_import,
    remove_import,
    run_now,
    stop_run,
)
from plugin.services.imports.run import PHASES, import_list
from tests.support.imports import (
    FIELD,
    befriend,
    calls,
    contacts_with,
    counts,
    imported,
    list_of,
    outcomes,
    put,
    run_again,
    ties,
)
from tests.support.world import ALICE, PORTAL, Sandbox, Tenant, World

pytestmark = pytest.mark.both_databases


def test_it_costs_the_fewest_calls(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    friends = befriend(sandbox, 700)
    list_id = list_of(sandbox, contacts_with(sandbox, friends))
    sandbox.control("DELETE", "/calls")
    import_id = imported(world, alice, list_id)
    made = calls(sandbox)
    assert counts(world, import_id) == {"read": 700, "linked": 700}
    assert made["<list_id>/memberships/join-order"] == 3
    assert made["contacts/batch/read"] == 7
    assert made["contacts/batch/update"] == 7
    assert made["GET /line-api/v2/bot/followers/ids"] == 1
    assert made["GET /line-api/v2/bot/profile/<user_id>"] <= 701


def test_later_runs_cost_what_changed(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    friends = befriend(sandbox, 702)
    ids = contacts_with(sandbox, [*friends[:599], ""])
    list_id = list_of(sandbox, ids)
    import_id = imported(world, alice, list_id)
    assert not is_whole_next(world, import_id)
    put(sandbox, ids[599], friends[700])
    joined = contacts_with(sandbox, [friends[701]], list=list_id)
    deps = contacts_with(sandbox, [friends[699]])
    sandbox.control("DELETE", "/calls")
    assert run_again(world, import_id) == {"read": 2, "linked": 2}
    made = calls(sandbox)
    for path in ("contacts/search", "<list_id>/memberships/join-order", "contacts/batch/read"):
        assert made[path] == 1, path
    assert {ids[599], *joined} < set(ties(world))
    assert deps[0] not in ties(world)


def test_members_who_left_make_a_whole_run(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    ids = contacts_with(sandbox, [""] * 600)
    list_id = list_of(sandbox, ids)
    import_id = imported(world, alice, list_id)
    assert not is_whole_next(world, import_id)
    leave(sandbox, list_id, ids[:3])
    assert run_again(world, import_id)["read"] == 597
    assert len(outcomes(world, import_id)) == 597


def is_whole_next(world: World, import_id: int) -> bool:
    """Make the moment of the last run now, so that what made the contacts is not a change."""
    with world.app.app_context(), transaction():
        mine = db.session.get_one(ListImport, import_id)
        mine.changed_since = utcnow() + INDEX_LAG
        return mine.tail_id is None


def leave(sandbox: Sandbox, list_id: str, ids: list[int]) -> None:
    """Somebody takes contacts off the list."""
    store = sandbox.app.extensions["world"].store
    for contact_id in ids:
        assert store.delete(f"member:{PORTAL}:{list_id}", contact_id)


@pytest.mark.parametrize(
    ("plan", "field"),
    [(Plan("999", "", 0), "list_id"), (Plan("", "no_such_property", 0), "property")],
)
def test_what_hubspot_has_not_cannot_be_imported(
    world: World, alice: Tenant, sandbox: Sandbox, plan: Plan, field: str
) -> None:
    plan = plan._replace(list_id=plan.list_id or list_of(sandbox, []))
    with world.app.app_context(), pytest.raises(Unfit) as unfit:
        create_import(world.deps, world.account(alice), plan)
    assert unfit.value.field == field


def test_a_list_that_is_gone_fails_and_is_not_tried_again(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    import_id = imported(world, alice, list_of(sandbox, [ALICE]))
    sandbox.fail("/hubspot-api/crm/lists", {"status": 404, "body": {"message": "List is gone"}})
    with world.app.app_context():
        run_now(db.session.get_one(ListImport, import_id))
    world.work()
    with world.app.app_context():
        mine = db.session.get_one(ListImport, import_id)
        assert (mine.state, mine.next_run_at) == ("failed", None)
        assert mine.last_run is not None
        assert mine.last_run.state == "failed"
        assert mine.last_run.error


def test_stopping_and_removing(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    ids = contacts_with(sandbox, befriend(sandbox, 2))
    with world.app.app_context():
        plan = Plan(list_of(sandbox, ids), FIELD, 0)
        mine = create_import(world.deps, world.account(alice), plan)
        assert mine.state == "running"
        assert stop_run(mine)
        assert not stop_run(mine)
        import_id = mine.id
    world.work()
    assert ties(world) == {}
    assert run_again(world, import_id)["linked"] == 2
    with world.app.app_context():
        remove_import(db.session.get_one(ListImport, import_id))
    world.work()
    assert len(ties(world)) == 2
    with world.app.app_context():
        assert ListImport.find_owned(alice.installation_id, import_id) is None
        assert db.session.query(ImportMember).count() == 0


def test_it_repeats_by_itself(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    friends = befriend(sandbox, 2)
    ids = contacts_with(sandbox, [friends[0], ""])
    import_id = imported(world, alice, list_of(sandbox, ids), every=30)
    put(sandbox, ids[1], friends[1])
    with world.app.app_context(), transaction():
        mine = db.session.get_one(ListImport, import_id)
        assert mine.next_run_at is not None
        mine.next_run_at = mine.created_at
    world.work(3600)
    assert len(ties(world)) == 2


def meanwhile(world: World, import_id: int, deed: Callable[[ListImport], object]) -> None:
    """A person does something on the page while the import is at work."""

    def do() -> None:
        with world.app.app_context():
            deed(db.session.get_one(ListImport, import_id))

    with ThreadPoolExecutor(1) as hand:
        hand.submit(do).result(20)


def test_how_often_is_changed_while_a_run_ends(
    world: World, alice: Tenant, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id = list_of(sandbox, contacts_with(sandbox, befriend(sandbox, 1)))
    end = PHASES["end"]

    def ending(deps: Dependencies, mine: ListImport, run: ImportRun) -> None:
        meanwhile(world, mine.id, lambda one: change_interval(one, 60))
        end(deps, mine, run)

    monkeypatch.setitem(PHASES, "end", ending)
    import_id = imported(world, alice, list_id, every=0)
    with world.app.app_context():
        mine = db.session.get_one(ListImport, import_id)
        assert (mine.state, mine.every_minutes) == ("idle", 60)
        assert mine.next_run_at is not None


def test_run_now_and_the_clock_begin_one_run(
    world: World, alice: Tenant, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = contacts_with(sandbox, befriend(sandbox, 1))
    import_id = imported(world, alice, list_of(sandbox, ids))
    found = ImportRun.running

    def pressed(import_id: int) -> ImportRun | None:
        run = found(import_id)
        meanwhile(world, import_id, run_now)
        return run

    with world.app.app_context():
        with transaction():
            mine = db.session.get_one(ListImport, import_id)
            mine.next_run_at = mine.created_at
        with monkeypatch.context() as patch:
            patch.setattr(ImportRun, "running", pressed)
            import_list(world.deps, import_id)
    world.work()
    with world.app.app_context():
        assert [run.state for run in ImportRun.newest(import_id, 9)] == ["finished", "finished"]


def test_a_read_that_fails_costs_no_other(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    list_id = list_of(sandbox, contacts_with(sandbox, befriend(sandbox, 600)))
    sandbox.control("DELETE", "/calls")
    sandbox.fail("contacts/batch/read", {"status": 500}, times=2)
    import_id = imported(world, alice, list_id)
    assert counts(world, import_id) == {"read": 600, "linked": 600}
    # The sandbox counts the calls that came through to it.
    assert calls(sandbox)["contacts/batch/read"] == 6


def test_hubspot_is_told_once_and_without_names_where_line_refuses_them(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    friends = befriend(sandbox, 30)
    ids = contacts_with(sandbox, friends)
    sandbox.fail("/bot/profile/", {"status": 403, "body": {"message": "Not available"}})
    sandbox.control("DELETE", "/calls")
    imported(world, alice, list_of(sandbox, ids))
    shown = sandbox.contact(ids[0])
    assert (shown["line_user_id"], shown.get("line_display_name") or "") == (friends[0], "")
    assert calls(sandbox)["contacts/batch/update"] == 1
