"""Who waits for whom, who is refused, and how long a client may take."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from plugin.server import front, listen_on, make_server
from plugin.server.front import Server
from plugin.server.lanes import LINE, MEGA, OPERATORS, PUBLIC
from plugin.server.refusals import Busy
from tests.support.processes import wait_until

SIGNED = ("/line/webhooks/key", "/hubspot/actions/send-message", "/hubspot/webhooks", "/healthz")


class House:
    """The server around an application that hangs on `/hang` until told, and echoes bodies."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.hanging = threading.Semaphore(0)
        bound = listen_on(0)
        self.port: int = bound.getsockname()[1]
        self.server: Server = make_server(self.answer, bound, sandbox=False)
        self.loop = threading.Thread(target=self.server.run, daemon=True)
        self.loop.start()

    def answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """The application."""
        if environ["PATH_INFO"].endswith("/hang"):
            self.hanging.release()
            self.go_on.wait(30)
        size = len(environ["wsgi.input"].read())
        start("200 OK", [("Content-Type", "text/plain")])
        return [str(size).encode()]

    def ask(self, path: str, body: bytes | None = None) -> HTTPConnection:
        """A request that was sent; its answer is not read yet."""
        asked = HTTPConnection("127.0.0.1", self.port, timeout=20)
        asked.request("GET" if body is None else "POST", path, body)
        return asked

    def status(self, path: str, body: bytes | None = None) -> int:
        """What a request is answered with."""
        asked = self.ask(path, body)
        try:
            answer = asked.getresponse()
            answer.read()
            return answer.status
        finally:
            asked.close()

    def connect(self, first_bytes: bytes) -> socket.socket:
        """A client that begins like this."""
        client = socket.create_connection(("127.0.0.1", self.port), 10)
        client.sendall(first_bytes)
        return client

    def when_received(self, count: int) -> None:
        """Wait until so many connections have begun a request."""

        def begun() -> bool:
            channels = list(self.server.active_channels.values())
            return sum(each.request is not None for each in channels) == count

        wait_until(begun, 10, f"{count} requests that have begun")

    def when_idle(self) -> None:
        """Wait until no request is being answered: an answer arrives before its thread is done."""

        def idle() -> bool:
            return not any(each.requests for each in list(self.server.active_channels.values()))

        wait_until(idle, 10, "the end of all requests")

    def in_loop(self, deed: Callable[[], object]) -> None:
        """Have the server's own thread do something, as its loop does."""
        done = threading.Event()

        def do() -> None:
            deed()
            done.set()

        # A loop that is awake may already have done it, and closed what would wake it.
        with suppress(OSError):
            self.server.trigger.pull_trigger(do)
        assert done.wait(10)

    def held(self, lane: str) -> int:
        """Bytes of bodies in a lane."""
        return self.server.bodies._held[lane]


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    yield made
    made.go_on.set()
    made.in_loop(made.server.close)
    made.server.lanes.shutdown(timeout=5)


def is_over(client: socket.socket) -> bool:
    """Whether the server has ended the connection; nothing was answered."""
    try:
        return client.recv(1000) == b""
    except ConnectionResetError:
        return True


def test_signed_calls_pass_by_pages_that_hang_and_a_full_lane_says_so_at_once(
    house: House,
) -> None:
    waiting = [house.ask("/hang") for _ in range(PUBLIC.threads)]
    for _ in waiting:
        assert house.hanging.acquire(timeout=10)
    waiting += [house.ask("/l/code") for _ in range(PUBLIC.waiting)]
    queue = house.server.lanes._pools[PUBLIC].queue
    wait_until(lambda: len(queue) == PUBLIC.waiting, 10, "a full queue")
    for path in SIGNED:
        assert house.status(path) == 200
    refused = house.ask("/l/code").getresponse()
    assert (refused.status, refused.getheader("Retry-After")) == (503, None)
    assert refused.read().decode() == Busy.text
    house.go_on.set()
    assert [each.getresponse().status for each in waiting] == [200] * len(waiting)


@pytest.mark.parametrize(
    ("path", "largest"),
    [(SIGNED[0], LINE.body), ("/x", PUBLIC.body), ("/healthz", OPERATORS.body)],
)
def test_a_body_beyond_its_lane_is_read_to_its_end_and_refused(
    house: House, path: str, largest: int
) -> None:
    if largest:
        assert house.status(path, b"x" * largest) == 200
    assert house.status(path, b"x" * (largest + 1)) == 413
    assert house.status(path) == 200
    assert house.held("line") == house.held("public") == house.held("operators") == 0


def test_a_body_without_a_declared_size_is_counted(house: House) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(PUBLIC.body // MEGA + 1):
            yield b"x" * MEGA

    asked = HTTPConnection("127.0.0.1", house.port, timeout=20)
    asked.request("POST", "/x", chunks(), encode_chunked=True)
    assert asked.getresponse().status == 413
    assert house.held("public") == 0


def test_who_asks_first_whether_to_send_is_told_no(house: House) -> None:
    head = "POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 30000000\r\n\r\n"
    with house.connect(head.encode()) as client:
        client.settimeout(10)
        assert b" 413 " in client.recv(1000).splitlines()[0]


def test_bodies_that_stall_do_not_use_up_the_room_of_others(house: House) -> None:
    """They go, oldest first; the lanes of signed calls are not touched at all."""
    body = PUBLIC.body - 1
    stalled = []
    for _ in range(PUBLIC.held // body):
        head = f"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: {body + 1}\r\n\r\n".encode()
        stalled.append(house.connect(head + b"x" * body))
    wait_until(lambda: house.held("public") == len(stalled) * body, 20, "bodies that stall")
    assert house.status("/x", b"x" * body) == 200
    assert house.held("public") <= PUBLIC.held
    assert house.status(SIGNED[0], b"x" * MEGA) == 200
    stalled[0].sendall(b"x")
    assert b" 503 " in stalled[0].recv(1000).splitlines()[0]
    for each in stalled:
        each.close()
    wait_until(lambda: house.held("public") == 0, 10, "nothing is held")


@pytest.mark.parametrize(
    ("first_bytes", "patience"),
    [
        (b"G", front.HEAD_SECONDS),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", front.HEAD_SECONDS),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx", PUBLIC.seconds),
        (b"POST /line/webhooks/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", LINE.seconds),
    ],
)
def test_a_request_that_comes_in_drops_has_an_end(
    house: House, first_bytes: bytes, patience: float
) -> None:
    with house.connect(first_bytes) as client:
        house.when_received(1)
        now = time.monotonic()
        house.in_loop(lambda: house.server.maintenance(now + patience - 1))
        house.when_received(1)
        house.in_loop(lambda: house.server.maintenance(now + patience + 1))
        assert is_over(client)
    assert house.status("/x") == 200


def test_who_says_nothing_at_all_is_sent_away(house: House) -> None:
    with house.connect(b"") as client:
        wait_until(lambda: len(house.server.active_channels) == 1, 10, "a connection")
        late = time.monotonic() + front.HEAD_SECONDS + 1
        house.in_loop(lambda: house.server.maintenance(late))
        assert is_over(client)


def whole_answer(client: socket.socket) -> bytes:
    """Head and body of one answer, in however many pieces they come."""
    received = b""
    while b"\r\n\r\n" not in received or received.endswith(b"\r\n\r\n"):
        received += client.recv(1000)
    return received


def test_a_kept_connection_may_be_silent_for_longer(house: House) -> None:
    with house.connect(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n") as client:
        assert b"200 OK" in whole_answer(client)
        house.when_idle()
        now = time.monotonic()
        house.in_loop(lambda: house.server.maintenance(now + front.HEAD_SECONDS + 1))
        client.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in whole_answer(client)
        house.when_idle()
        house.in_loop(lambda: house.server.maintenance(now + front.IDLE_SECONDS + 60))
        assert is_over(client)


def test_where_there_are_too_many_connections_the_slowest_goes(house: House) -> None:
    house.server.most = 3
    served = [house.ask("/hang") for _ in range(2)]
    for _ in served:
        assert house.hanging.acquire(timeout=10)
    with house.connect(b"GET / HTTP/1.1\r\n") as slow:
        house.when_received(1)
        # Somebody new comes in, and who is slow goes; those who are served stay.
        served.append(house.ask("/hang"))
        assert house.hanging.acquire(timeout=10)
        assert is_over(slow)
    # Nobody is slow now: who comes is told to come again.
    with house.connect(b"GET /x HTTP/1.1\r\n\r\n") as newcomer:
        assert b" 503 " in newcomer.recv(1000)
    house.go_on.set()
    assert [each.getresponse().status for each in served] == [200] * 3
