"""Imports end with exactly the right links, however often they are killed and whoever races."""

import random
import threading
import time

import pytest

from plugin.models import HistoryEntry, ImportRun, Linkage, db
from plugin.models.people.contact import Contact
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.imports.manage import Plan, create_import
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link
from tests.support.imports import FIELD, befriend, contacts_with, counts, list_of, ties
from tests.support.people import NOW
from tests.support.processes import Forked, Nursery, ending, environment, wait_until
from tests.support.world import Sandbox, Tenant, World

pytestmark = [pytest.mark.kill, pytest.mark.both_databases]
KILLS, FRIENDS = 10, 4000


def process(world: World, nursery: Nursery) -> Forked:
    """`python app.py` on the test's database and sandbox."""
    url = world.app.config["SQLALCHEMY_DATABASE_URI"]
    return nursery.make(environment(world.url, world.sandbox.url, url))


def test_ten_kills_change_nothing(
    world: World, alice: Tenant, sandbox: Sandbox, nursery: Nursery
) -> None:
    sandbox.fail("/hubspot-api/crm/lists", {"delay": 0.12})
    friends = befriend(sandbox, FRIENDS)
    values = [*friends, *["nonsense"] * 50, *friends[:1]]
    ids = contacts_with(sandbox, values)
    with world.app.app_context():
        plan = Plan(list_of(sandbox, ids), FIELD, 0)
        import_id = create_import(world.deps, world.account(alice), plan).id
    hits = sum(killed_at_work(world, import_id, nursery) for _ in range(KILLS))
    assert hits >= 3, "it was over before it could be killed"
    world.pass_time(60)
    last = process(world, nursery)
    with ending(last):
        wait_until(lambda: not is_running(world, import_id), 120, "the import ends")
    # The id on two contacts is nobody's.
    assert counts(world, import_id) == {
        "read": len(values), "linked": FRIENDS - 1, "invalid_id": 50, "conflict": 2,
    }  # fmt: skip
    assert ties(world) == dict(zip(ids[1:FRIENDS], friends[1:], strict=True))
    with world.app.app_context():
        assert db.session.query(HistoryEntry).filter_by(event_type="linked").count() == FRIENDS - 1


def killed_at_work(world: World, import_id: int, nursery: Nursery) -> bool:
    """Start, let it work for a moment, kill -9; whether the run was under way."""
    if not is_running(world, import_id):
        return False  # Nothing would change any more.
    # Whom the last kill left the job to had to wait for its lease.
    world.pass_time(60)
    step = step_of(world, import_id)
    victim = process(world, nursery)
    with ending(victim):
        wait_until(lambda: step_of(world, import_id) != step, 60, "it goes on")
        time.sleep(random.uniform(0, 0.3))  # noqa: S311 - a moment, not a secret
    return is_running(world, import_id)


def step_of(world: World, import_id: int) -> tuple[int, str]:
    with world.app.app_context():
        run = ImportRun.newest(import_id, 1)[0]
        return (0, "over") if run.state != "running" else (run.step, run.phase)


def is_running(world: World, import_id: int) -> bool:
    with world.app.app_context():
        return ImportRun.newest(import_id, 1)[0].state == "running"


def test_whoever_races_for_contacts_each_ends_in_one_link(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    """Two imports, friends who scan, and properties that webhooks tell of."""
    friends = befriend(sandbox, 120)
    ids = contacts_with(sandbox, friends)
    for contact_id, other in zip(ids, friends[1:], strict=False):
        # The second import has another friend for every contact.
        body = {"properties": {"jobtitle": other, "line_user_id": other}}
        sandbox.control("PATCH", f"/contacts/{contact_id}", body)
    list_id = list_of(sandbox, ids)
    with world.app.app_context():
        mine = world.account(alice)
        for name in (FIELD, "jobtitle"):
            create_import(world.deps, mine, Plan(list_id, name, 0))
    workers = [threading.Thread(target=world.work) for _ in range(3)]
    workers.append(threading.Thread(target=scans, args=(world, alice, ids, friends)))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(240)
        assert not worker.is_alive()
    world.work()
    assert_one_link_each(world, len(ids))


def scans(world: World, alice: Tenant, ids: list[int], friends: list[str]) -> None:
    """Friends who log in at a QR code, as `confirm_login` ties them."""
    for contact_id, user_id in zip(ids, reversed(friends), strict=True):
        # The friend is known from the moment he comes back from LINE, before he says yes.
        with world.app.app_context(), transaction():
            get_or_create_friend(world.account(alice), user_id, NOW)
        with world.app.app_context(), transaction():
            friend = get_or_create_friend(world.account(alice), user_id, NOW)
            contact = get_or_create_contact(alice.installation_id, contact_id)
            link(LinkRequest(friend, contact, "qr", "friend", "qr:1"))


def assert_one_link_each(world: World, contacts: int) -> None:
    with world.app.app_context():
        links = db.session.query(Linkage).all()
        assert len({one.friend_id for one in links}) == len(links)
        assert len({one.contact_row_id for one in links}) == len(links)
        assert contacts // 2 < len(links) <= contacts
        made: dict[int, int] = {}
        for line in db.session.query(HistoryEntry).order_by(HistoryEntry.id):
            change = {"linked": 1, "unlinked": -1}.get(line.event_type, 0)
            made[line.contact_id] = made.get(line.contact_id, 0) + change
        tied = {db.session.get_one(Contact, one.contact_row_id).contact_id for one in links}
        assert {one for one, count in made.items() if count} == tied
        assert set(made.values()) <= {0, 1}
