from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Copies
from tests.processes import Nursery
from tests.stage import Stage, staged
from tests.world import Socket


@pytest.fixture
def stage(copies: Copies, musubi_socket: Socket, tmp_path: Path) -> Iterator[Stage]:
    """One tenant; the doors stay in this process, workers are the test's to start and kill."""
    with copies.copy(tmp_path) as url, staged(musubi_socket, url, tmp_path) as here:
        yield here


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Where worker processes come from."""
    made = Nursery(tmp_path_factory.mktemp("nursery"))
    yield made
    made.close()
