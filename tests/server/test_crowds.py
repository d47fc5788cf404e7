"""A crowd of any size is answered or refused; who signs is answered all the same."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from tests.server.conftest import Served
from tests.support.signing import hubspot_post, line_post
from tests.support.world import ALICE, PORTAL

pytestmark = pytest.mark.kill
MANY, CALLS = 1_400, 940


def check_friend(served: Served, name: str) -> int:
    """A genuine call of HubSpot's; answers its status."""
    body = {
        "callbackId": name,
        "origin": {"portalId": PORTAL},
        "object": {"objectId": ALICE},
        "inputFields": {},
    }
    return hubspot_post(f"{served.url}/hubspot/actions/check-friend", body).status_code


def line_webhook(served: Served) -> int:
    """A genuine call of LINE's; answers its status."""
    world = served.stage.world
    with world.app.app_context():
        account = world.account(served.stage.tenant)
        url = f"{served.url}/line/webhooks/{account.webhook_key}"
        body = {"destination": account.bot_user_id, "events": []}
        return line_post(url, body, account.channel_secret).status_code


@contextmanager
def connected(served: Served, count: int, first_bytes: bytes) -> Iterator[None]:
    """Connections that say no more than this."""
    opened: list[socket.socket] = []
    try:
        for _ in range(count):
            opened.append(socket.create_connection(("127.0.0.1", served.port), 10))
            opened[-1].sendall(first_bytes)
        yield
    finally:
        for each in opened:
            each.close()


@pytest.mark.parametrize("first_bytes", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_connections_that_say_little_end_nothing_and_block_nobody(
    served: Served, first_bytes: bytes
) -> None:
    lines = served.log_lines()
    with connected(served, MANY, first_bytes):
        assert served.is_well
        assert check_friend(served, "amid") == 200
        assert line_webhook(served) == 200
        # More than the process keeps: the first of them go.
        with connected(served, MANY, first_bytes):
            assert served.is_well
            assert check_friend(served, "amid more") == 200
            assert line_webhook(served) == 200
    assert served.is_well
    assert served.log_lines() - lines < 10


def test_every_genuine_call_of_a_crowd_is_answered(served: Served) -> None:
    outcomes: Counter[str] = Counter()
    counting = threading.Lock()
    start = threading.Barrier(CALLS)

    def call(number: int) -> None:
        start.wait()
        try:
            outcome = str(check_friend(served, f"call {number}"))
        except requests.RequestException as error:
            outcome = type(error).__name__
        with counting:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=call, args=[number]) for number in range(CALLS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"200": CALLS}
    assert served.is_well


@pytest.mark.parametrize("path", ["/healthz", "/line/webhooks/x", "/import/friends", "/l/x"])
def test_a_body_of_300_megabytes_reaches_no_disk(served: Served, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {300 * 2**20}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", served.port), 10) as sender:
        sender.sendall(head)
        assert b" 413 " in sender.recv(1000).splitlines()[0]
    assert served.is_well
