from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bare import NOWHERE
from tests.support.databases import (
    Copies,
    PostgresCopies,
    migrate,
    not_synced,
    postgres_is_there,
)
from tests.support.stage import Stage, staged
from tests.support.world import Socket, make_app, settings_for

# A verdict that fails says what it found.
pytest.register_assert_rewrite("tests.kill.verdict")


@pytest.fixture
def stage(copies: Copies, musubi_socket: Socket, tmp_path: Path) -> Iterator[Stage]:
    """One tenant; the doors stay in this process, workers are the test's to start and kill."""
    with copies.copy(tmp_path) as url, staged(musubi_socket, url, tmp_path) as here:
        not_synced(here.world.app)
        yield here


@pytest.fixture
def postgres(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database."""
    if request.config.getoption("database") == "sqlite" or not postgres_is_there():
        pytest.skip("several machines need PostgreSQL")
    copies = PostgresCopies()
    migrate(make_app(settings_for(NOWHERE, NOWHERE, copies.template_url, tmp_path)))
    with copies.copy(tmp_path) as url:
        yield url
    copies.close()
