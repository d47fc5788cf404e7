"""Servers that anybody may name: slow, huge, sly, or not where they say."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plugin.gateways.receivers import LiveReceivers
from tests.gateways.scripted_server import Reply, ScriptedServer

LIMIT = 1.0
# A call that is cut ends soon after its limit, also on a busy machine.
SOON = 5.0


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.stop()


def open_receivers(context: ssl.SSLContext | None = None) -> LiveReceivers:
    """Receivers on private networks, which the tests' are."""
    return LiveReceivers(True, lambda: None, context)


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does with each connection what the test says; answers its port."""
    with socket.create_server(("127.0.0.1", 0)) as bound:

        def accept() -> None:
            while True:
                try:
                    connection, _ = bound.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    serve(connection)

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield bound.getsockname()[1]
        finally:
            bound.shutdown(socket.SHUT_RDWR)


def test_a_body_arrives_byte_for_byte_with_its_headers(server: ScriptedServer) -> None:
    server.on("POST", "/a", Reply(200, b"thank you"))
    body = b'{"b" :\t"\xe3\x81\x82"}\n'
    outcome = open_receivers().post(
        f"{server.url}/a?b=c%20d", body, {"Content-Type": "a/b", "X-Line-Signature": "s"}, LIMIT
    )
    assert (outcome.status, outcome.error, outcome.answer) == (200, "", b"thank you")
    assert outcome.is_taken
    [seen] = server.seen
    assert (seen.body, seen.target) == (body, "/a?b=c%20d")
    assert seen.headers["content-type"] == "a/b"
    assert seen.headers["x-line-signature"] == "s"
    assert seen.headers["user-agent"].startswith("Musubi")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(server: ScriptedServer, status: int) -> None:
    server.on("POST", "/a", Reply(status, headers={"Location": f"{server.url}/b"}))
    outcome = open_receivers().post(f"{server.url}/a", b"", {}, LIMIT)
    assert (outcome.status, outcome.is_taken) == (status, False)
    assert [seen.path for seen in server.seen] == ["/a"]


def test_a_receiver_may_ask_to_wait(server: ScriptedServer) -> None:
    server.on("POST", "/a", Reply(503, headers={"Retry-After": "120"}))
    server.on("POST", "/b", Reply(503, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}))
    post = open_receivers().post
    assert post(f"{server.url}/a", b"", {}, LIMIT).retry_after == 120
    assert post(f"{server.url}/b", b"", {}, LIMIT).retry_after is None


def test_a_silent_server_is_left_after_the_limit(server: ScriptedServer) -> None:
    server.on("POST", "/a", Reply(delay=20))
    began = time.monotonic()
    outcome = open_receivers().post(f"{server.url}/a", b"", {}, LIMIT)
    assert (outcome.status, outcome.error) == (0, "timeout")
    assert LIMIT <= time.monotonic() - began < SOON
    assert outcome.duration_ms >= 1000


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_one_byte_now_and_then_does_not_outlast_the_limit(scheme: str) -> None:
    """In the head of an answer and in the midst of a handshake: each read would be in time."""

    def drip(connection: socket.socket) -> None:
        beginning = b"HTTP/1.1 200 OK\r\nX-Long: " if scheme == "http" else b"\x16\x03\x03\x40\x00"
        connection.sendall(beginning)
        for _ in range(100):
            time.sleep(0.1)
            connection.sendall(b"x")

    began = time.monotonic()
    with listening(drip) as port:
        outcome = open_receivers().post(f"{scheme}://127.0.0.1:{port}/", b"", {}, LIMIT)
    assert (outcome.status, outcome.error) == (0, "timeout")
    assert time.monotonic() - began < SOON


def test_a_huge_answer_is_not_read() -> None:
    sent = list[int]()

    def flood(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            sent.append(connection.send(b"x" * 65536))

    with listening(flood) as port:
        outcome = open_receivers().post(f"http://127.0.0.1:{port}/", b"", {}, LIMIT)
    assert outcome.status == 200
    assert 0 < len(outcome.answer) <= 1024
    assert sum(sent) < 20_000_000


def test_an_answer_whose_body_never_comes_has_been_given() -> None:
    def halt(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        time.sleep(5)

    with listening(halt) as port:
        outcome = open_receivers().post(f"http://127.0.0.1:{port}/", b"", {}, 4)
    assert (outcome.status, outcome.answer) == (200, b"")


def test_no_http_at_all_is_no_answer() -> None:
    with listening(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")) as port:
        outcome = open_receivers().post(f"http://127.0.0.1:{port}/", b"", {}, LIMIT)
    assert (outcome.status, outcome.error) == (0, "lost")


def test_nobody_there(server: ScriptedServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    post = open_receivers().post
    assert post(f"http://127.0.0.1:{port}/", b"", {}, LIMIT).error == "unreachable"
    assert post("http://nowhere.invalid/", b"", {}, SOON).error == "unresolved"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "[::ffff:127.0.0.1]", "2130706433"],
)
def test_private_addresses_are_refused_before_anything_is_sent(
    server: ScriptedServer, host: str
) -> None:
    port = server.url.rsplit(":", 1)[1]
    outcome = LiveReceivers(False, lambda: None).post(f"http://{host}:{port}/", b"x", {}, LIMIT)
    assert (outcome.status, outcome.error) == (0, "private")
    assert server.seen == []


def test_a_name_that_means_another_address_a_moment_later_gains_nothing(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is looked up once, and what was checked is what is dialled (DNS rebinding)."""
    port = int(server.url.rsplit(":", 1)[1])
    # Of this machine too, where nobody listens: no test calls the internet.
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", port))
    private = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
    answers, asked = [[public, private], [private]], list[str]()

    def is_public(address: str) -> bool:
        asked.append(address)
        return address != "127.0.0.1"

    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answers.pop(0))
    monkeypatch.setattr("plugin.gateways.receivers.is_public", is_public)
    outcome = LiveReceivers(False, lambda: None).post(f"http://rebind.test:{port}/", b"", {}, LIMIT)
    assert outcome.error == "unreachable"
    assert asked == ["127.0.0.2", "127.0.0.1"]
    assert len(answers) == 1
    assert server.seen == []


def test_the_certificate_is_the_names_and_the_name_is_told(tmp_path: Path) -> None:
    context = certified(tmp_path, "localhost")
    names = list[str | None]()
    context.sni_callback = lambda _, name, __: names.append(name)
    heard = list[bytes]()

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            heard.append(secure.recv(65536))
            secure.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    trusting = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
    with listening(answer) as port:
        post = open_receivers(trusting).post
        taken = post(f"https://localhost:{port}/x", b"", {}, SOON)
        misnamed = post(f"https://127.0.0.1:{port}/x", b"", {}, SOON)
        untrusted = open_receivers().post(f"https://localhost:{port}/x", b"", {}, SOON)
    assert taken.status == 204
    assert names[0] == "localhost"
    assert f"Host: localhost:{port}\r\n".encode() in heard[0]
    assert [misnamed.error, untrusted.error] == ["tls", "tls"]
    assert len(heard) == 1


def certified(folder: Path, name: str) -> ssl.SSLContext:
    """A server's context with a fresh certificate of its own for this name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, plain))
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
