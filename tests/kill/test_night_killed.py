"""The nightly comparison settles every difference once, however often it is killed."""

import random
import time
from collections import Counter

import pytest
from sqlalchemy import delete, select

from plugin.models import Contact, Friend, HistoryEntry, Linkage, ReconcileRun, db
from plugin.models.transaction import transaction
from plugin.sandbox.hubspot import records
from plugin.services.sync.reconcile import begin_reconcile
from tests.support.crowd import gather
from tests.support.imports import ties
from tests.support.portal import mute
from tests.support.processes import Forked, Nursery, ending, environment, wait_until
from tests.support.world import PORTAL, Tenant, World

pytestmark = [pytest.mark.kill, pytest.mark.both_databases]
KILLS, EACH = 8, 200
# What people did in HubSpot unheard, to one contact in six each; named as the night counts it.
KINDS = ("rewritten", "unlinked", "gone", "refused", "conflict", "linked")


class Town:
    """Many people, of whom HubSpot and Musubi tell different things."""

    def __init__(self, world: World, tenant: Tenant) -> None:
        self.world, self.tenant = world, tenant
        crowd = gather(world, tenant, EACH * len(KINDS))
        self.contacts = [int(one) for one in crowd.contact_ids]
        with world.app.app_context():
            users = dict(db.session.execute(select(Friend.id, Friend.line_user_id)).tuples().all())
        self.users = [users[one] for one in crowd.friend_ids]
        for place in range(len(self.contacts)):
            self._differ(place, KINDS[place % len(KINDS)])
        free = [row for place, row in enumerate(crowd.friend_ids) if self.kind(place) == "linked"]
        with world.app.app_context(), transaction() as session:
            session.execute(delete(Linkage).where(Linkage.friend_id.in_(free)))
            for contact in session.scalars(select(Contact)):
                place = self.contacts.index(contact.contact_id)
                if self.kind(place) == "unlinked":
                    # It was written once, and is not there any more.
                    contact.note_shown(tenant.account_id, self.users[place])

    def kind(self, place: int) -> str:
        """What is the matter with this one."""
        return KINDS[place % len(KINDS)]

    def _differ(self, place: int, kind: str) -> None:
        contact_id = self.contacts[place]
        values = {"refused": "nonsense", "linked": self.users[place]}
        # Somebody else's, who is tied.
        values["conflict"] = self.users[place - KINDS.index("conflict")]
        if kind == "gone":
            here = self.world.sandbox.app.extensions["world"]
            records.archive(here, PORTAL, str(contact_id), "CRM_UI")
        elif kind in values:
            body = {"properties": {"line_user_id": values[kind]}}
            self.world.sandbox.control("PATCH", f"/contacts/{contact_id}", body)

    def expected(self) -> dict[int, str]:
        """Who is tied to whom in the morning."""
        lost = ("unlinked", "gone")
        return {
            contact_id: self.users[place]
            for place, contact_id in enumerate(self.contacts)
            if self.kind(place) not in lost
        }


def test_a_night_with_many_kills_ends_like_any_other(
    world: World, alice: Tenant, nursery: Nursery
) -> None:
    mute(world)
    town = Town(world, alice)
    with world.app.app_context():
        begin_reconcile(alice.installation_id)
    world.sandbox.fail("contacts/batch/read", {"delay": 0.1})
    hits = sum(killed_at_work(town, nursery) for _ in range(KILLS))
    assert hits >= 3, "it was over before it could be killed"
    world.pass_time(60)
    with ending(process(world, nursery)):
        wait_until(lambda: is_over(town), 120, "the night ends and HubSpot knows")
    assert ties(world) == town.expected()
    with world.app.app_context():
        (run,) = db.session.scalars(select(ReconcileRun)).all()
        assert run.read == len(town.contacts)
        assert run.counts == dict.fromkeys(KINDS, EACH)
        deeds = Counter(db.session.scalars(select(HistoryEntry.event_type)))
        assert deeds == {"unlinked": 2 * EACH, "refused": EACH, "conflict": EACH, "linked": EACH}
    for place in random.sample(range(len(town.contacts)), 60):
        if town.kind(place) != "gone":
            shown = world.sandbox.contact(town.contacts[place]).get("line_user_id") or ""
            assert shown == town.expected().get(town.contacts[place], ""), town.kind(place)


def process(world: World, nursery: Nursery) -> Forked:
    """`python app.py` on the test's database and sandbox."""
    url = world.app.config["SQLALCHEMY_DATABASE_URI"]
    return nursery.make(environment(world.url, world.sandbox.url, url))


def killed_at_work(town: Town, nursery: Nursery) -> bool:
    """Start, let it work for a moment, kill -9; whether the night was not over."""
    if cursor(town) == -1:
        return False  # Nothing would change any more.
    # Whom the last kill left the job to had to wait for its lease.
    town.world.pass_time(60)
    before = cursor(town)
    with ending(process(town.world, nursery)):
        wait_until(lambda: cursor(town) != before, 60, "it goes on")
        time.sleep(random.uniform(0, 0.2))  # noqa: S311 - a moment, not a secret
    return cursor(town) != -1


def cursor(town: Town) -> int:
    """The last contact that was compared; 0: not begun, -1: it is over."""
    with town.world.app.app_context():
        run = ReconcileRun.newest_of(town.tenant.installation_id)
        return 0 if run is None else -1 if run.finished_at else run.cursor


def is_over(town: Town) -> bool:
    """All is compared, and all that came of it is written."""
    if cursor(town) != -1:
        return False
    with town.world.app.app_context():
        return not Contact.pending_of(town.tenant.installation_id, 1)
