"""A platform whose pages lead back to themselves ends the work, which says why; nothing runs on."""

from typing import Any

import pytest

from plugin.models import FriendImport, ImportRun, ListImport, ListPreparation, ReconcileRun, db
from plugin.services.imports.friend_import import begin_friend_import
from plugin.services.imports.manage import run_now
from plugin.services.personal_links.bulk import BulkIssueRequest, begin_preparation
from plugin.services.sync.reconcile import begin_reconcile
from tests.support.imports import FIELD, contacts_with, imported, list_of, put
from tests.support.world import ALICE, Sandbox, Tenant, World

pytestmark = pytest.mark.both_databases

REASON = "for the second time"


def answer(sandbox: Sandbox, path: str, body: dict[str, Any]) -> None:
    """What this path says from now on, whatever is asked."""
    sandbox.fail(path, {"status": 200, "body": body})


def page(contact_id: int) -> dict[str, Any]:
    """A page of members that says there is always one more."""
    more = {"next": {"after": "again"}}
    return {"results": [{"recordId": str(contact_id)}], "paging": more, "total": 9}


def test_the_members_of_a_list(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    answer(sandbox, "memberships", page(ALICE))
    import_id = imported(world, alice, list_of(sandbox, [ALICE]))
    with world.app.app_context():
        run = ImportRun.newest(import_id, 1)[0]
        assert (run.state, REASON in run.error) == ("failed", True)


def test_contacts_that_changed(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    members = contacts_with(sandbox, ["nothing"] * 501)
    import_id = imported(world, alice, list_of(sandbox, members))
    put(sandbox, members[0], "something")
    found = {"id": str(members[0]), "properties": {FIELD: "something"}}
    more = {"next": {"after": "100"}}
    answer(sandbox, "contacts/search", {"results": [found], "total": 9, "paging": more})
    with world.app.app_context():
        run_now(db.session.get_one(ListImport, import_id))
    world.work()
    with world.app.app_context():
        run = ImportRun.newest(import_id, 1)[0]
        assert (run.state, REASON in run.error) == ("failed", True)


def test_the_friends_of_an_account(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    answer(sandbox, "followers/ids", {"userIds": ["U" + 32 * "0"], "next": "again"})
    with world.app.app_context():
        run_id = begin_friend_import(world.account(alice)).id
    world.work()
    with world.app.app_context():
        run = db.session.get_one(FriendImport, run_id)
        assert (run.state, REASON in run.error) == ("failed", True)


def test_a_list_that_gets_personal_links(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    answer(sandbox, "memberships", page(ALICE))
    with world.app.app_context():
        order = BulkIssueRequest(list_of(sandbox, [ALICE]), valid_days=30)
        code = world.code(alice)
        preparation_id = begin_preparation(world.deps, code, order, "a test").id
    world.work()
    with world.app.app_context():
        mine = db.session.get_one(ListPreparation, preparation_id)
        assert (mine.state, REASON in mine.error) == ("failed", True)


def test_contacts_that_nobody_told_of(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    answer(sandbox, "contacts/search", {"results": [{"id": str(ALICE), "properties": {}}]})
    with world.app.app_context():
        begin_reconcile(alice.installation_id)
    world.work()
    with world.app.app_context():
        run = ReconcileRun.newest_of(alice.installation_id)
        assert run is not None
        assert run.finished_at is not None
