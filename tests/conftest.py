"""Alice owns a portal, Bob is on her team, Charlie is another tenant and must see nothing."""

import copy
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

from plugin.models import db
from tests.browser.chromium import open_chromium
from tests.support.databases import Copies, Databases, chosen_kinds, not_synced
from tests.support.processes import Nursery
from tests.support.schedule import OneByOne, long_tests_first, report_slowest_files
from tests.support.starts import TENANTS, Starts, freshen_sessions
from tests.support.world import (
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

# How fast an example is, is no matter of a test: another process may have the machine.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("auto", "sqlite", "postgresql", "both"),
        default="auto",
        help="the databases that the tests run on; auto: tests with the marker `both_databases` on"
        " both, all others on SQLite, under CI on PostgreSQL; both: all tests on both",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "copies" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("both_databases") is not None
        params = [
            pytest.param(kind, marks=pytest.mark.postgres) if kind == "postgresql" else kind
            for kind in chosen_kinds(metafunc.config.getoption("database"), marked)
        ]
        metafunc.parametrize("copies", params, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    long_tests_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: who tests processes mostly waits for them."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneByOne | None:
    return OneByOne(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    report_slowest_files(terminalreporter)


@pytest.fixture(scope="session")
def the_chromium() -> Iterator[Browser]:
    """A headless Chromium that lasts as long as the test run of this process."""
    with open_chromium() as browser:
        yield browser


@pytest.fixture
def chromium(the_chromium: Browser) -> Iterator[Browser]:
    """Chromium without a window. What a test leaves open is closed after it: a page on which
    something moves would use up half a core until the end of all tests."""
    yield the_chromium
    for context in the_chromium.contexts:
        context.close()


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Where worker processes come from."""
    made = Nursery(tmp_path_factory.mktemp("nursery"))
    yield made
    made.close()


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
    the_sandbox.quiet()
    the_sandbox.control("POST", "/limits", {"hubspot": False, "line": False})
    return the_sandbox


@pytest.fixture(scope="session")
def databases(
    tmp_path_factory: pytest.TempPathFactory, musubi_socket: Socket
) -> Iterator[Databases]:
    """Migrated databases of each kind, which last as long as the test run of this process."""

    def migrated_by(url: str, folder: Path) -> Flask:
        settings = settings_for(musubi_socket.url, musubi_socket.url, url, folder)
        return not_synced(make_app(settings))

    made = Databases(tmp_path_factory, migrated_by)
    yield made
    made.close()


@pytest.fixture
def copies(request: pytest.FixtureRequest, databases: Databases) -> Copies:
    """A migrated database of one kind, ready to be copied."""
    return databases.of_kind(request.param)


@pytest.fixture(scope="session")
def all_starts() -> dict[Copies, Starts]:
    """The starts of each kind of database, which last as long as the databases."""
    return {}


@pytest.fixture
def starts(
    copies: Copies,
    the_sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    all_starts: dict[Copies, Starts],
) -> Starts:
    """Databases in which somebody is installed and connected already."""
    if copies not in all_starts:
        all_starts[copies] = Starts(copies, the_sandbox, tmp_path_factory.mktemp("start"))
    return all_starts[copies]


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
        settings = settings_for(musubi_socket.url, sandbox.url, url, folder)
        app = starts.app or not_synced(make_app(settings))
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
            freshen_sessions(opened)
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
