"""One set of connections per process, none of them without an end to its patience."""

import os
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import urllib3

from plugin.core.clock_watch import TOLERATED_SECONDS, platform_clocks
from plugin.gateways.pool import KEPT_PER_HOST, Timeouts, shared_pool


def test_everybody_gets_the_same_pool() -> None:
    assert shared_pool() is shared_pool()


def test_a_forked_process_gets_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = shared_pool()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert shared_pool() is not ours


def test_nothing_is_tried_twice_and_every_wait_is_limited() -> None:
    settings = shared_pool().connection_pool_kw
    retries = settings["retries"]
    assert (retries.total, retries.redirect) == (False, 0)
    assert settings["maxsize"] == KEPT_PER_HOST
    timeout = settings["timeout"]
    assert isinstance(timeout, urllib3.Timeout)
    assert timeout.connect_timeout == Timeouts().connect
    assert timeout.read_timeout == Timeouts().read


def test_timeouts_are_a_tuple_which_is_all_the_sdks_accept() -> None:
    assert isinstance(Timeouts(), tuple)
    assert all(seconds > 0 for seconds in Timeouts())


class Elsewhere(BaseHTTPRequestHandler):
    """A platform whose clock, or ours, is off."""

    ahead = 0.0

    def do_GET(self) -> None:
        """Nothing but the time."""
        self.send_response(204)
        self.end_headers()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """What stands in `Date`."""
        return formatdate(time.time() + self.ahead, usegmt=True)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    platform_clocks.note(time.time(), time.time())


@pytest.mark.parametrize("ahead", [TOLERATED_SECONDS + 600, -TOLERATED_SECONDS - 600])
def test_a_clock_that_is_off_is_seen_by_the_answers(elsewhere: str, ahead: float) -> None:
    for second in range(3):
        assert not platform_clocks.off_seconds
        Elsewhere.ahead = ahead + second
        shared_pool().request("GET", elsewhere)
    assert abs(platform_clocks.off_seconds + ahead) < 30
    Elsewhere.ahead = 0.0
    shared_pool().request("GET", elsewhere)
    assert not platform_clocks.off_seconds
