"""A sandbox on a port of its own, emptied for every test."""

from collections.abc import Iterator

import pytest

from plugin.sandbox import SandboxConfig, create_sandbox
from tests.sandbox.hubspot.rig import Client, FakeApp, serve
from tests.sandbox.line.rig import Line
from tests.support.processes import free_port


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[SandboxConfig, FakeApp]]:
    """The sandbox and the app it calls, both over real HTTP."""
    app, app_port, port = FakeApp(), free_port(), free_port()
    config = SandboxConfig(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{app_port}")
    stops = [serve(app, app_port), serve(create_sandbox(config), port)]
    yield config, app
    for stop in stops:
        stop()


@pytest.fixture
def app(served: tuple[SandboxConfig, FakeApp]) -> FakeApp:
    """What the sandbox takes for Musubi."""
    _, fake = served
    fake.received.clear()
    fake.answer = lambda received: (200, {})
    return fake


@pytest.fixture
def hubspot(served: tuple[SandboxConfig, FakeApp], app: FakeApp) -> Client:
    """HubSpot's stand-in in its default world, with the app not yet installed."""
    client = Client(served[0])
    client.control("POST", "/reset")
    return client


@pytest.fixture
def installed(hubspot: Client) -> Client:
    """The same, with the app installed in the first portal."""
    hubspot.install()
    return hubspot


@pytest.fixture
def line(served: tuple[SandboxConfig, FakeApp], app: FakeApp) -> Line:
    """LINE's stand-in in its default world, calling the fake app."""
    made = Line(served[0], app)
    made.control("POST", "/reset")
    return made
