"""A preparation ends with one link for each contact, however often it is killed."""

import random
import time

import pytest
from sqlalchemy import func, select

from plugin.models import Contact, LinkageToken, ListPreparation, db
from plugin.models.connections.installation import Installation
from plugin.services.sync.push import linkage_values
from tests.services.personal_links.test_bulk import begin, make_list
from tests.support.processes import Forked, Nursery, ending, environment, wait_until
from tests.support.world import Tenant, World

pytestmark = [pytest.mark.kill, pytest.mark.both_databases]
KILLS, CONTACTS = 6, 5000


def test_kills_make_no_second_link_and_lose_none(
    world: World, alice: Tenant, nursery: Nursery
) -> None:
    list_id = make_list(world, count=CONTACTS)
    world.sandbox.fail("/hubspot-api/crm/lists", {"delay": 0.12})
    mine = begin(world, alice, list_id)
    hits = sum(killed_at_work(world, mine, nursery) for _ in range(KILLS))
    assert hits >= 3, "it was over before it could be killed"
    world.pass_time(60)
    last = process(world, nursery)
    with ending(last):
        wait_until(lambda: all_told(world, mine), 120, "the preparation ends")
    with world.app.app_context():
        preparation = ListPreparation.by_id(mine)
        assert preparation is not None
        assert (preparation.read, preparation.made, preparation.kept) == (CONTACTS, CONTACTS, 0)
        each = func.count(func.distinct(LinkageToken.contact_row_id))
        assert db.session.scalar(select(func.count(LinkageToken.id))) == CONTACTS
        assert db.session.scalar(select(each)) == CONTACTS
        hubspot_shows(world, alice, random.sample(range(CONTACTS), 40))


def hubspot_shows(world: World, alice: Tenant, places: list[int]) -> None:
    """What stands in HubSpot is what we would write."""
    mine = select(Contact).where(Contact.installation_id == alice.installation_id)
    contacts = db.session.scalars(mine.order_by(Contact.id)).all()
    chosen = [contacts[place] for place in places]
    installation = db.session.get_one(Installation, alice.installation_id)
    values = linkage_values(world.deps, installation, chosen)
    for contact in chosen:
        shown = world.sandbox.contact(contact.contact_id)
        assert values[contact.id]["line_linkage_url"] == shown["line_linkage_url"]


def process(world: World, nursery: Nursery) -> Forked:
    """`python app.py` on the test's database and sandbox."""
    url = world.app.config["SQLALCHEMY_DATABASE_URI"]
    return nursery.make(environment(world.url, world.sandbox.url, url))


def killed_at_work(world: World, mine: int, nursery: Nursery) -> bool:
    """Start, let it work for a moment, kill -9; whether it was under way."""
    if step_of(world, mine) == -1:
        return False  # Nothing would change any more.
    # Whom the last kill left the job to had to wait for its lease.
    world.pass_time(60)
    step = step_of(world, mine)
    victim = process(world, nursery)
    with ending(victim):
        wait_until(lambda: step_of(world, mine) != step, 60, "it goes on")
        time.sleep(random.uniform(0, 0.3))  # noqa: S311 - a moment, not a secret
    return step_of(world, mine) != -1


def step_of(world: World, mine: int) -> int:
    """How many pages are stored; -1: it is over."""
    with world.app.app_context():
        preparation = ListPreparation.by_id(mine)
        assert preparation is not None
        return preparation.step if preparation.state == "running" else -1


def all_told(world: World, mine: int) -> bool:
    """It ended, and HubSpot knows everything."""
    with world.app.app_context():
        preparation = ListPreparation.by_id(mine)
        assert preparation is not None
        return preparation.state == "finished" and preparation.count_unwritten() == 0
