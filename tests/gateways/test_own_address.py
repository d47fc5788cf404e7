"""Whoever answers at Musubi's own address may be anybody."""

import socket
import time

import pytest

from plugin.gateways import GatewayError
from plugin.gateways.own_address import LiveOwnAddress
from plugin.gateways.pool import Timeouts
from tests.gateways.scripted_server import Reply, ScriptedServer
from tests.gateways.test_receivers import listening, server

__all__ = ["server"]


def ask(url: str) -> tuple[int, bool]:
    answer = LiveOwnAddress(lambda: None, Timeouts(2, 2)).health(url)
    return answer.status, answer.is_ours


@pytest.mark.parametrize(("body", "is_ours"), [(b"ok\n", True), (b"ok\n!", False), (b"", False)])
def test_only_its_own_answer_counts(server: ScriptedServer, body: bytes, is_ours: bool) -> None:
    server.on("GET", "/healthz", Reply(200, body))
    assert ask(server.url) == (200, is_ours)


def test_a_body_that_drips_is_not_waited_for() -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n")
        for _ in range(90):
            connection.sendall(b"x")
            time.sleep(0.2)

    began = time.monotonic()
    with listening(drip) as port:
        assert ask(f"http://127.0.0.1:{port}") == (200, False)
    assert time.monotonic() - began < 5


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(GatewayError):
        ask(f"http://127.0.0.1:{port}")
