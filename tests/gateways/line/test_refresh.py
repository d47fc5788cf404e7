"""A person's access token is made fresh where it has ended."""

import pytest

from plugin.gateways import Channel, GatewayError, UserAccess
from plugin.gateways.line_login.gateway import LiveLineLogin
from tests.gateways.conftest import Calls, RecordingMeter
from tests.gateways.scripted_server import Reply, ScriptedServer

LOGIN, TOKEN = Channel("2000000002", "1" * 32), "/oauth2/v2.1/token"
# LINE Login v2.1 answers a refresh without an ID token.
FRESH = {"token_type": "Bearer", "scope": "profile", "access_token": "a2", "expires_in": 2591977}


def test_a_refresh_proves_the_channel_in_the_body(
    line_login: LiveLineLogin, server: ScriptedServer, meter: RecordingMeter, calls: Calls
) -> None:
    server.on("POST", TOKEN, Reply(body={**FRESH, "refresh_token": "r2"}))
    assert line_login.refresh(LOGIN, "r1") == UserAccess("a2", 2591977, "r2")
    assert server.seen[0].form == {
        "grant_type": "refresh_token",
        "refresh_token": "r1",
        "client_id": "2000000002",
        "client_secret": "1" * 32,
    }
    assert "authorization" not in server.seen[0].headers
    assert (meter.taken, calls.count) == (["line:2000000002:login-token"], 1)


@pytest.mark.parametrize(
    ("reply", "reason", "permanent"),
    [
        (Reply(400, {"error": "invalid_grant"}), "invalid", True),
        (Reply(400, {"error": "invalid_client"}), "configuration", True),
        (Reply(500), "unavailable", False),
        (Reply(200, b"<html>"), "unavailable", False),
        (Reply(200, {"access_token": "a2"}), "lost", False),
        (Reply(200, {"expires_in": 1}), "lost", False),
    ],
)
def test_a_failed_refresh(
    line_login: LiveLineLogin, server: ScriptedServer, reply: Reply, reason: str, permanent: bool
) -> None:
    server.on("POST", TOKEN, reply)
    with pytest.raises(GatewayError) as caught:
        line_login.refresh(LOGIN, "r1")
    assert (caught.value.reason, caught.value.permanent) == (reason, permanent)
