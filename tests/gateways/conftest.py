"""The three gateways in front of a server that does what a test says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from plugin.gateways import Channel, Portal
from plugin.gateways.hubspot.gateway import LiveHubSpot
from plugin.gateways.line.gateway import LiveLine
from plugin.gateways.line_login.gateway import LiveLineLogin
from plugin.gateways.pool import Timeouts
from tests.gateways.scripted_server import Reply, ScriptedServer

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class SetClock:
    """A clock that stands still until it is told."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class RecordingMeter:
    """Never says no, and remembers what it was asked."""

    taken: list[str] = field(default_factory=list)
    closed: dict[str, datetime] = field(default_factory=dict)

    def take(self, bucket: str) -> None:
        self.taken.append(bucket)

    def close(self, bucket: str, until: datetime) -> None:
        self.closed[bucket] = until


@dataclass
class Calls:
    """Counts how often the gateways said that they are about to use the network."""

    count: int = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    running = ScriptedServer()
    running.on("POST", "/oauth2/v3/token", Reply(body=stateless("channel-token")))
    yield running
    running.stop()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def meter() -> RecordingMeter:
    return RecordingMeter()


@pytest.fixture
def calls() -> Calls:
    return Calls()


# For tests in which the server is silent; all others wait as long as a busy machine takes.
impatient = pytest.mark.parametrize("timeouts", [Timeouts(connect=10, read=0.5)], ids=[""])


@pytest.fixture
def timeouts() -> Timeouts:
    return Timeouts(connect=10, read=20)


@pytest.fixture
def hubspot(
    server: ScriptedServer, meter: RecordingMeter, calls: Calls, clock: SetClock, timeouts: Timeouts
) -> LiveHubSpot:
    return LiveHubSpot(
        api_base=f"{server.url}/sandbox/hubspot-api",
        authorize_base=f"{server.url}/sandbox/hubspot-app",
        client_id="app-client",
        client_secret="app-secret",
        required_scopes=("oauth", "crm.lists.read"),
        optional_scopes=("timeline",),
        meter=meter,
        before_call=calls,
        clock=clock,
        timeouts=timeouts,
    )


@pytest.fixture
def line(
    server: ScriptedServer, meter: RecordingMeter, calls: Calls, clock: SetClock, timeouts: Timeouts
) -> LiveLine:
    return LiveLine(
        api_base=server.url,
        data_base=f"{server.url}/data",
        meter=meter,
        before_call=calls,
        clock=clock,
        timeouts=timeouts,
    )


@pytest.fixture
def line_login(
    server: ScriptedServer, meter: RecordingMeter, calls: Calls, clock: SetClock, timeouts: Timeouts
) -> LiveLineLogin:
    return LiveLineLogin(
        api_base=server.url,
        access_base=f"{server.url}/sandbox/line-access",
        meter=meter,
        before_call=calls,
        clock=clock,
        timeouts=timeouts,
    )


@pytest.fixture
def portal() -> Portal:
    return Portal(20000001, "portal-token")


@pytest.fixture
def channel() -> Channel:
    return Channel("2000000001", "0" * 32)


def stateless(token: str, expires_in: int = 900) -> dict[str, object]:
    return {"token_type": "Bearer", "access_token": token, "expires_in": expires_in}
