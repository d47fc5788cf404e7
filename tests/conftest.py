"""Alice owns a portal, Bob is on her team, Charlie is another tenant and must see nothing."""

import copy
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.models import db
from tests.databases import Copies, PostgresCopies, SQLiteCopies, migrate, postgres_is_there
from tests.starts import TENANTS, Starts
from tests.world import (
    OTHER_PORTAL,
    PORTAL,
    Sandbox,
    Socket,
    Tenant,
    World,
    make_app,
    renew,
    settings_for,
)

IN_CI = os.environ.get("CI") == "true"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql", "both"),
        default="both",
        help="which databases the tests run on (both: PostgreSQL where it answers)",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "copies" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("database")
        kinds = ("sqlite", "postgresql") if chosen == "both" else (chosen,)
        params = [
            pytest.param(kind, marks=pytest.mark.postgres) if kind == "postgresql" else kind
            for kind in kinds
        ]
        metafunc.parametrize("copies", params, indirect=True, scope="session")


@pytest.fixture(scope="session")
def musubi_socket() -> Iterator[Socket]:
    """Where Musubi is served, whichever test is on."""
    served = Socket()
    yield served
    served.close()


@pytest.fixture(scope="session")
def the_sandbox(musubi_socket: Socket) -> Iterator[Sandbox]:
    """One sandbox for all tests; each begins in its default world."""
    sandbox = Sandbox(musubi_socket.url)
    yield sandbox
    sandbox.socket.close()


@pytest.fixture
def sandbox(the_sandbox: Sandbox) -> Sandbox:
    """The sandbox in its default world, with no faults and no limits."""
    the_sandbox.control("POST", "/reset")
    the_sandbox.app.extensions["world"].background.quiet(10)
    the_sandbox.control("POST", "/limits", {"hubspot": False, "line": False})
    return the_sandbox


@pytest.fixture(scope="session")
def copies(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    musubi_socket: Socket,
) -> Iterator[Copies]:
    """A migrated database of one kind, ready to be copied."""
    if request.param == "postgresql" and not postgres_is_there():
        if IN_CI:
            pytest.fail("CI must have PostgreSQL")
        pytest.skip("PostgreSQL does not answer (TEST_POSTGRES_URL)")
    folder = tmp_path_factory.mktemp("template")
    made: Copies = SQLiteCopies(folder) if request.param == "sqlite" else PostgresCopies()
    settings = settings_for(musubi_socket.url, musubi_socket.url, made.template_url, folder)
    migrate(make_app(settings))
    yield made
    made.close()


@pytest.fixture(scope="session")
def starts(
    copies: Copies, the_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Starts:
    """Databases in which somebody is installed and connected already."""
    return Starts(copies, the_sandbox, tmp_path_factory.mktemp("start"))


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    copies: Copies,
    starts: Starts,
    sandbox: Sandbox,
    musubi_socket: Socket,
) -> Iterator[World]:
    """Musubi, served beside the sandbox, with the tenants the test asks for."""

    def open_world(url: str, folder: Path) -> World:
        app = starts.app or make_app(settings_for(musubi_socket.url, sandbox.url, url, folder))
        musubi_socket.app = starts.app = app
        renew(app)
        return World(app, musubi_socket.url, sandbox)

    names = tuple(name for name in TENANTS if name in request.fixturenames)
    start = starts.get(names, open_world) if names else None
    with copies.copy(starts.folder, start.template if start else "") as url:
        opened = open_world(url, starts.folder)
        if start is not None:
            sandbox.kinds = copy.deepcopy(start.kinds)
            opened.tenants = start.signed_in()
        yield opened
        musubi_socket.empty()
        with opened.app.app_context():
            db.engine.dispose()


@pytest.fixture
def alice(world: World) -> Tenant:
    """She owns the first portal and has connected its Official Account."""
    return world.tenants[PORTAL]


@pytest.fixture
def charlie(world: World) -> Tenant:
    """He owns the second portal, with an Official Account of his own."""
    return world.tenants[OTHER_PORTAL]
