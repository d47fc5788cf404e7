"""After every step of any history the rules hold: in the database, the ledger, HubSpot."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.services.linkage.histories import Histories
from tests.support.portal import mute
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases

# New histories every time; one that breaks a rule is printed with a line that tells it again.
# In CI the same ones, so that its verdict is on the change and not on chance.
IN_CI = os.environ.get("CI") == "true"
HISTORIES = int(os.environ.get("HISTORIES", "12"))


@pytest.mark.slow
def test_the_rules_hold_after_every_step_of_any_history(world: World, alice: Tenant) -> None:
    mute(world)
    machine = type("Told", (Histories,), {"world": world, "tenant": alice})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=25,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=IN_CI,
            # A history that fails is told as it is: making it shorter takes minutes.
            phases=[Phase.generate],
        ),
    )
