"""Lists with LINE user IDs in the sandbox's portal, and imports of them."""

import itertools
from collections import Counter
from typing import Any

from plugin.models import ImportMember, ImportRun, Linkage, ListImport, db
from plugin.services.imports.manage import Plan, create_import, run_now
from tests.support.world import PORTAL, Sandbox, Tenant, World

# A text property that no webhook tells of, so that nothing but the import links.
FIELD = "company"
_numbers = itertools.count(1)


def befriend(sandbox: Sandbox, count: int, **more: Any) -> list[str]:
    """So many friends of the first account, of whom Musubi was not told; their user ids."""
    made = sandbox.control("POST", "/friends", {"count": count, **more})
    ids: list[str] = made["user_ids"]
    return ids


def contacts_with(sandbox: Sandbox, values: list[str], name: str = FIELD, **more: Any) -> list[int]:
    """A contact for each value, in this order; ids."""
    rows = [{"email": f"i{next(_numbers)}@example.com", name: value} for value in values]
    made = sandbox.control("POST", "/contacts", {"rows": rows, **more})
    return [int(one) for one in made["ids"]]


def put(sandbox: Sandbox, contact_id: int, value: str, name: str = FIELD) -> None:
    """Write the property as a person in the portal would."""
    sandbox.control("PATCH", f"/contacts/{contact_id}", {"properties": {name: value}})


def list_of(sandbox: Sandbox, contact_ids: list[int], portal: int = PORTAL) -> str:
    """A list kept by hand; its id."""
    body = {"portal": portal, "name": "Customers", "contact_ids": contact_ids}
    return str(sandbox.control("POST", "/lists", body)["listId"])


def imported(world: World, tenant: Tenant, list_id: str, name: str = FIELD, every: int = 60) -> int:
    """Save an import and do its work; its id."""
    with world.app.app_context():
        plan = Plan(list_id, name, every)
        import_id = create_import(world.deps, world.account(tenant), plan).id
    world.work()
    return import_id


def run_again(world: World, import_id: int) -> dict[str, int]:
    """Another run, done; its counts."""
    with world.app.app_context():
        run_now(db.session.get_one(ListImport, import_id))
    world.work()
    return counts(world, import_id)


def counts(world: World, import_id: int) -> dict[str, int]:
    """The newest run's counts; it must have ended well."""
    with world.app.app_context():
        run = ImportRun.newest(import_id, 1)[0]
        assert run.state == "finished", run.error
        names = ("read", "linked", "already_linked", "invalid_id", "unknown_friend", "conflict")
        return {name: getattr(run, name) for name in names if getattr(run, name)}


def ties(world: World) -> dict[int, str]:
    """Who is tied: LINE user id by contact id."""
    with world.app.app_context():
        found = db.session.query(Linkage).all()
        return {one.contact.contact_id: one.friend.line_user_id for one in found}


def outcomes(world: World, import_id: int) -> dict[int, str]:
    """What every member's value came to."""
    with world.app.app_context():
        found = db.session.query(ImportMember).filter_by(list_import_id=import_id).all()
        assert not [one for one in found if one.pending]
        return {one.contact_id: one.outcome for one in found}


def calls(sandbox: Sandbox) -> Counter[str]:
    """How often each path was called since they were last counted from zero, by its last words."""
    found = sandbox.control("GET", "/calls")["calls"]
    made: Counter[str] = Counter()
    for operation, seen in found.items():
        made[operation.rsplit("2026-09/", 1)[-1]] += seen["count"]
    return made
