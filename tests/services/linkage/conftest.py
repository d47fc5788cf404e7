"""The portal whose people link and unlink."""

import pytest

from tests.support.portal import Portal
from tests.support.world import Tenant, World


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    return Portal(world, alice)
