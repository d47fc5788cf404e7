"""No connection means that nothing happened; no answer means that nobody knows."""

import socket
import ssl
from collections.abc import Callable

import pytest
import requests
import urllib3

from plugin.gateways import Channel, GatewayError, NoMeter, Portal
from plugin.gateways.hubspot.gateway import LiveHubSpot
from plugin.gateways.line.gateway import LiveLine
from plugin.gateways.line_login.gateway import LiveLineLogin
from plugin.gateways.network import network_fault
from plugin.gateways.pool import Timeouts
from tests.gateways.scripted_server import Reply, ScriptedServer

Ask = Callable[[str], object]


def ask_hubspot(base: str) -> object:
    gateway = LiveHubSpot(
        api_base=base,
        authorize_base=base,
        client_id="id",
        client_secret="secret",
        required_scopes=(),
        optional_scopes=(),
        meter=NoMeter(),
        before_call=lambda: None,
        timeouts=Timeouts(1, 0.3),
    )
    return gateway.account_details(Portal(1, "token"))


def ask_line(base: str) -> object:
    gateway = LiveLine(
        api_base=base,
        data_base=base,
        meter=NoMeter(),
        before_call=lambda: None,
        timeouts=Timeouts(1, 0.3),
    )
    return gateway.bot_info(Channel("1", "secret"))


def ask_login(base: str) -> object:
    gateway = LiveLineLogin(
        api_base=base,
        access_base=base,
        meter=NoMeter(),
        before_call=lambda: None,
        timeouts=Timeouts(1, 0.3),
    )
    return gateway.is_friend("token")


def exchange_login(base: str) -> object:
    gateway = LiveLineLogin(
        api_base=base,
        access_base=base,
        meter=NoMeter(),
        before_call=lambda: None,
        timeouts=Timeouts(1, 0.3),
    )
    return gateway.exchange(Channel("1", "secret"), "code", "https://example.com", "v" * 43)


def reason(ask: Ask, base: str) -> str:
    with pytest.raises(GatewayError) as caught:
        ask(base)
    assert not caught.value.permanent
    return caught.value.reason


every_gateway = pytest.mark.parametrize("ask", [ask_hubspot, ask_line, ask_login, exchange_login])


@every_gateway
def test_a_closed_port_is_unreachable(ask: Ask) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert reason(ask, f"http://127.0.0.1:{port}") == "unreachable"


@every_gateway
def test_a_name_that_does_not_exist_is_unreachable(ask: Ask) -> None:
    assert reason(ask, "http://nowhere.invalid") == "unreachable"


@every_gateway
def test_a_failed_tls_greeting_is_unreachable(ask: Ask, server: ScriptedServer) -> None:
    assert reason(ask, server.url.replace("http:", "https:")) == "unreachable"
    assert server.seen == []


@every_gateway
@pytest.mark.parametrize("reply", [Reply(drop=True), Reply(delay=3)], ids=["drop", "silence"])
def test_no_answer_is_lost_and_not_asked_again(
    ask: Ask, server: ScriptedServer, reply: Reply
) -> None:
    for method, path in [
        ("GET", "/account-info/2026-09/details"),
        ("POST", "/oauth2/v3/token"),
        ("POST", "/oauth2/v2.1/token"),
        ("GET", "/friendship/v1/status"),
    ]:
        server.on(method, path, reply)
    assert reason(ask, server.url) == "lost"
    assert len(server.seen) == 1


def certificate_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.reason = "CERTIFICATE_VERIFY_FAILED"
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (urllib3.exceptions.ProtocolError("broken"), "lost"),
        (urllib3.exceptions.DecodeError("gzip"), "lost"),
        (urllib3.exceptions.SSLError(certificate_error()), "unreachable"),
        (urllib3.exceptions.SSLError(ssl.SSLEOFError("eof")), "lost"),
        (urllib3.exceptions.LocationParseError("http://["), "unreachable"),
        (requests.exceptions.ChunkedEncodingError("cut"), "lost"),
        (ConnectionResetError(), "lost"),
    ],
)
def test_what_each_fault_means(error: Exception, expected: str) -> None:
    assert network_fault("LINE", error).reason == expected
