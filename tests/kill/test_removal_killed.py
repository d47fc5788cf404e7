"""A removal of HubSpot ends whole, however often it is killed, and takes nobody else's rows."""

import random
import time
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from plugin.core.clock import utcnow
from plugin.models import (
    Contact,
    Friend,
    HistoryEntry,
    Installation,
    Job,
    Linkage,
    OfficialAccount,
    QRCode,
    db,
)
from plugin.models.base import Base
from plugin.models.transaction import transaction
from plugin.services.connections.connection import switch_mode
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.personal_links.tokens import issue_token
from tests.support.crowd import gather
from tests.support.people import NOW, linked
from tests.support.processes import Forked, Nursery, ending, environment, wait_until
from tests.support.world import CHARLIE, PORTAL, Tenant, World

pytestmark = [pytest.mark.kill, pytest.mark.both_databases]
KILLS, PEOPLE, LINES = 6, 4000, 12000
GONE = (Linkage, HistoryEntry, Contact)


def test_a_removal_with_many_kills_ends_whole(
    world: World, alice: Tenant, charlie: Tenant, nursery: Nursery
) -> None:
    linked(world, charlie, CHARLIE)
    world.work()
    kept = {model: count(world, model) for model in (*GONE, OfficialAccount, QRCode)}
    fill(world, alice)
    friends = count(world, Friend)
    with world.app.app_context():
        assert switch_mode(db.session.get_one(Installation, alice.installation_id), "remove")
    world.sandbox.fail("/appinstalls|external-install", {"delay": 0.3})
    hits = sum(killed_at_work(world, alice, nursery) for _ in range(KILLS))
    assert hits >= 3, "it was over before it could be killed"
    world.pass_time(60)
    with ending(process(world, nursery)):
        wait_until(lambda: is_over(world, alice), 120, "the removal ends and no job is left")
    assert {model: count(world, model) for model in kept} == kept
    assert count(world, Friend) == friends
    with world.app.app_context():
        row = db.session.get_one(Installation, alice.installation_id, populate_existing=True)
        assert (row.access_token, row.refresh_token) == ("", "")
        assert db.session.get_one(Installation, charlie.installation_id).is_alive
    assert world.sandbox.app.extensions["world"].store.get("install", PORTAL) is None


def fill(world: World, alice: Tenant) -> None:
    """Many ties, a long history, links, and work that is owed."""
    crowd = gather(world, alice, PEOPLE)
    ids = [int(one) for one in crowd.contact_ids]
    with world.app.app_context(), transaction() as session:
        session.execute(insert(HistoryEntry), [line(alice, ids[n % PEOPLE]) for n in range(LINES)])
        for contact_id in ids[:20]:
            contact = get_or_create_contact(alice.installation_id, contact_id)
            issue_token(world.code(alice), contact, 30, NOW)
            mark_for_push(contact)


def line(alice: Tenant, contact_id: int) -> dict[str, Any]:
    """Something that happened to somebody."""
    return {
        "installation_id": alice.installation_id, "official_account_id": alice.account_id,
        "at": utcnow(), "event_type": "conflict", "method": "manual", "actor": "test", "source": "",
        "line_user_id": "U", "contact_id": contact_id, "before": {},
    }  # fmt: skip


def count(world: World, model: type[Base]) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def state(world: World, tenant: Tenant) -> str:
    with world.app.app_context():
        found = db.session.get_one(Installation, tenant.installation_id, populate_existing=True)
        return found.state


def is_over(world: World, alice: Tenant) -> bool:
    with world.app.app_context():
        jobs = db.session.scalars(select(Job).where(Job.tenant_id == alice.installation_id)).all()
    return state(world, alice) == "removed" and not jobs


def process(world: World, nursery: Nursery) -> Forked:
    """`python app.py` on the test's database and sandbox."""
    url = world.app.config["SQLALCHEMY_DATABASE_URI"]
    return nursery.make(environment(world.url, world.sandbox.url, url))


def killed_at_work(world: World, alice: Tenant, nursery: Nursery) -> bool:
    """Start, let it work for a moment, kill -9; whether the removal was not over."""
    if is_over(world, alice):
        return False  # Nothing would change any more.
    world.pass_time(60)
    before = left(world, alice)
    with ending(process(world, nursery)):
        end = time.monotonic() + 240
        while left(world, alice) == before:
            assert time.monotonic() < end, "it does not go on"
            time.sleep(0.002)
        time.sleep(random.uniform(0, 0.1))  # noqa: S311 - a moment, not a secret
    return state(world, alice) != "removed"


def left(world: World, alice: Tenant) -> tuple[int, bool]:
    """How much is still to be deleted, and whether HubSpot was told."""
    rows = sum(count(world, model) for model in GONE)
    with world.app.app_context():
        found = db.session.get_one(Installation, alice.installation_id, populate_existing=True)
        return rows, bool(found.refresh_token)
