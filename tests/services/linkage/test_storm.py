"""Everybody at once, at random: the ties and the ledger agree afterwards."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from plugin.models import Conflict, HistoryEntry, Linkage, db
from plugin.models.people.linkage import LINKING_EVENTS
from plugin.services.linkage.conflicts import keep_as_is, move_link
from plugin.services.linkage.link import unlink_manually
from plugin.services.linkage.undo import undo
from tests.services.linkage.rules import USERS, assert_the_rules, request
from tests.support.portal import mute
from tests.support.world import ALICE, BOB, CHARLIE, Tenant, World

pytestmark = pytest.mark.both_databases

CONTACTS = [ALICE, BOB, CHARLIE]
HANDS, DEEDS = 6, 25


@pytest.mark.slow
def test_a_storm_of_deeds_leaves_ties_and_ledger_in_agreement(world: World, alice: Tenant) -> None:
    mute(world)
    with ThreadPoolExecutor(HANDS) as hands:
        for one in [hands.submit(storm, world, alice, seed) for seed in range(HANDS)]:
            one.result(240)
    world.work()
    assert_the_rules(world)


def storm(world: World, alice: Tenant, seed: int) -> None:
    """One person's afternoon: links, unlinks, decides and takes back, at random."""
    chance = random.Random(seed)  # noqa: S311 - a chance, not a secret
    for _ in range(DEEDS):
        deed = chance.choice(("wish", "wish", "untie", "decide", "undo", "work"))
        if deed == "wish":
            request(world, alice, chance.choice(USERS), chance.choice(CONTACTS))
        elif deed == "work":
            world.work()
        else:
            with world.app.app_context():
                one_deed(deed, chance)


def one_deed(deed: str, chance: random.Random) -> None:
    """Decide about what stands there now, whatever others do to it meanwhile."""
    if deed == "untie":
        ties = db.session.scalars(select(Linkage)).all()
        if ties:
            unlink_manually(chance.choice(ties), "test")
    elif deed == "decide":
        waiting = db.session.scalars(select(Conflict).where(Conflict.decided_at.is_(None))).all()
        if waiting:
            chance.choice((keep_as_is, move_link, move_link))(chance.choice(waiting), "test")
    else:
        newest = select(HistoryEntry).where(HistoryEntry.event_type.in_(LINKING_EVENTS))
        lines = db.session.scalars(newest.order_by(HistoryEntry.id.desc()).limit(4)).all()
        if lines:
            undo(chance.choice(lines), "test")
