"""Weeks of broadcasts and talks, each decided by a number. SEEDS=5000: more; SEED=7 repeats one."""

import copy
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from plugin.gateways import pool
from plugin.models import db
from plugin.models.engine import truncate_log
from plugin.models.transaction import in_parallel
from plugin.services.broadcasts.job import open_multicasts, pushes, rounds
from tests.simulation.process import InTurn, Lifeline
from tests.simulation.simulation import Simulation
from tests.simulation.times import frozen_clocks
from tests.simulation.verdict import judge
from tests.support.crowd import gather
from tests.support.portal import mute
from tests.support.world import Tenant, World, renew

# Its clocks jump by a function of SQLite, and PostgreSQL takes none in the place of its own.
pytestmark = [pytest.mark.slow, pytest.mark.both_databases]
ONE, MANY = os.environ.get("SEED"), int(os.environ.get("SEEDS", "40"))
SEEDS = [int(ONE)] if ONE else range(MANY)
PEOPLE = 7


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Few people are many chunks; calls go out one after the other."""
    monkeypatch.setattr(rounds, "MULTICAST_SIZE", 2)
    for module in (open_multicasts, rounds):
        monkeypatch.setattr(module, "AT_ONCE", 2)
    monkeypatch.setattr(pushes, "CLAIMED", 4)
    # The module, which has a function of its own name in its package.
    monkeypatch.setattr(sys.modules[in_parallel.__module__], "_threads", lambda *_: InTurn())
    return monkeypatch


def test_nobody_gets_it_twice_and_nobody_is_missed(
    world: World, alice: Tenant, small: pytest.MonkeyPatch
) -> None:
    with world.app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL's clock cannot be made to jump")
    contact_ids = gather(world, alice, PEOPLE).contact_ids
    world.work()
    world.sandbox.quiet()
    kinds, rows = copy.deepcopy(world.sandbox.kinds), _database(world).read_bytes()
    for seed in SEEDS:
        world.sandbox.kinds = copy.deepcopy(kinds)
        mute(world)
        _restore(world, rows)
        _simulate(world, alice, contact_ids, small, seed)


def _database(world: World) -> Path:
    with world.app.app_context():
        truncate_log(db.engine)
        db.engine.dispose()
        return Path(str(db.engine.url.database))


def _restore(world: World, rows: bytes) -> None:
    path = _database(world)
    for name in (f"{path}-wal", f"{path}-shm"):
        Path(name).unlink(missing_ok=True)
    path.write_bytes(rows)


def _simulate(
    world: World, tenant: Tenant, contact_ids: list[str], patch: pytest.MonkeyPatch, seed: int
) -> None:
    with world.app.app_context():
        engine = db.engine
    with frozen_clocks(engine) as clock:
        simulation = Simulation(world, tenant, clock, seed)
        simulation.contact_ids = contact_ids
        patch.setattr(pool, "_pool", lambda _: simulation.wire)
        renew(world.app)
        lifeline = Lifeline(engine)
        try:
            simulation.prepare(lifeline)
            simulation.run()
            judge(simulation)
        except Exception as error:
            story: Any = "\n".join(simulation.happened)
            raise AssertionError(f"SEED={seed} fails: {error}\n{story}") from error
        finally:
            lifeline.close()
