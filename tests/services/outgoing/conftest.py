from collections.abc import Iterator

import pytest

from tests.gateways.scripted_server import ScriptedServer
from tests.services.outgoing.receiving import private_allowed, server
from tests.support.world import World


@pytest.fixture
def hooks(world: World) -> Iterator[ScriptedServer]:
    """A receiver on this machine, which the setting allows."""
    with private_allowed(world), server() as scripted:
        yield scripted
