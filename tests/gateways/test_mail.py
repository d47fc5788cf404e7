"""Letters over real SMTP: TLS or nothing, every wait limited, a verdict on every refusal."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plugin.gateways import GatewayError, Letter
from plugin.gateways.mail import LiveMail, MailServer
from plugin.sandbox.smtp import MailServer as Server
from plugin.sandbox.smtp import ServerBehaviour
from plugin.sandbox.store import Store
from tests.gateways.conftest import Calls

SENDER = "むすび商店 <shop@example.com>"
LETTER = Letter("alice@example.com", "Your code", "It is 123456.\n.dot\n", "<p>It is 123456.</p>")
Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[Server] = []

    def start(manners: ServerBehaviour | None = None, *, at_once: bool = False) -> Server:
        running.append(Server(Store(), manners, at_once=at_once))
        return running[-1]

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for 127.0.0.1, and a client's that trusts it."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(certificate())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


def certificate() -> bytes:
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(days=1))
    made = made.not_valid_after(now + dt.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    signed = made.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + signed.public_bytes(serialization.Encoding.PEM)


def mail(
    url: str, calls: Calls | None = None, tls: ssl.SSLContext | None = None, seconds: float = 20
) -> LiveMail:
    return LiveMail(lambda: MailServer.of(url), SENDER, calls or Calls(), tls=tls, seconds=seconds)


def refused(sender: LiveMail, letter: Letter = LETTER) -> tuple[str, bool]:
    with pytest.raises(GatewayError) as caught:
        sender.send(letter)
    assert "alice" not in caught.value.message
    return caught.value.reason, caught.value.permanent


def test_a_letter_arrives_whole(serve: Serve, calls: Calls) -> None:
    server = serve()
    mail(f"smtp://127.0.0.1:{server.port}?tls=off", calls).send(LETTER)
    [letter] = server.store.all("letter")
    assert (letter["sender"], letter["to"]) == ("shop@example.com", ["alice@example.com"])
    assert (letter["from"], letter["subject"]) == (SENDER, "Your code")
    assert letter["text"].splitlines() == ["It is 123456.", ".dot"]
    assert letter["html"].strip() == "<p>It is 123456.</p>"
    assert letter["headers"]["Message-ID"].endswith("@example.com>")
    assert calls.count == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_tls_and_a_password(
    serve: Serve, trust: tuple[ssl.SSLContext, ssl.SSLContext], scheme: str
) -> None:
    manners = ServerBehaviour(tls=trust[0], login=("user@x", "p:w/d"))
    server = serve(manners, at_once=scheme == "smtps")
    place = f"127.0.0.1:{server.port}"
    mail(f"{scheme}://user%40x:p%3Aw%2Fd@{place}", tls=trust[1]).send(LETTER)
    assert len(server.store.all("letter")) == 1
    wrong = mail(f"{scheme}://user%40x:wrong@{place}", tls=trust[1])
    assert refused(wrong) == ("configuration", True)
    # Nobody vouches for this certificate.
    assert refused(mail(f"{scheme}://user%40x:p%3Aw%2Fd@{place}")) == ("unreachable", False)
    assert len(server.store.all("letter")) == 1


def test_without_tls_nothing_is_said(serve: Serve) -> None:
    server = serve()
    assert refused(mail(f"smtp://127.0.0.1:{server.port}")) == ("configuration", True)
    assert server.store.all("letter") == []


@pytest.mark.parametrize(
    ("answers", "reason", "permanent"),
    [
        ({"RCPT": "550 No such user"}, "invalid", True),
        ({"RCPT": "450 Busy"}, "unavailable", False),
        ({"RCPT": "421 Closing"}, "unavailable", False),
        ({"MAIL": "553 Not yours"}, "configuration", True),
        ({"MAIL": "451 Later"}, "unavailable", False),
        ({"DATA": "554 Spam"}, "refused", True),
        ({"DATA": "452 Full"}, "unavailable", False),
        ({"EHLO": "500 No", "HELO": "500 No"}, "unreachable", False),
    ],
)
def test_what_a_server_refuses(
    serve: Serve, answers: dict[str, str], reason: str, permanent: bool
) -> None:
    server = serve(ServerBehaviour(answers=answers))
    assert refused(mail(f"smtp://127.0.0.1:{server.port}?tls=off")) == (reason, permanent)


def test_an_address_the_server_cannot_write_to(serve: Serve) -> None:
    server = serve()
    odd = Letter("アリス@example.com", "Your code", "x", "x")
    sender = mail(f"smtp://127.0.0.1:{server.port}?tls=off")
    assert refused(sender, odd) == ("invalid", True)


def test_nobody_is_there() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    assert refused(mail(f"smtp://127.0.0.1:{port}?tls=off")) == ("unreachable", False)


@pytest.mark.parametrize(("lines", "reason"), [(0, "unreachable"), (4, "lost")])
def test_a_server_that_falls_silent_costs_a_limited_time(lines: int, reason: str) -> None:
    with _falling_silent(lines) as port:
        began = time.monotonic()
        sender = mail(f"smtp://127.0.0.1:{port}?tls=off", seconds=0.5)
        assert refused(sender) == (reason, False)
        assert time.monotonic() - began < 10


class _falling_silent:  # noqa: N801  reads as what it is in a with statement
    """A server that answers so many commands, greeting included, and then only listens."""

    def __init__(self, lines: int) -> None:
        self.lines = lines
        self.door = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        port: int = self.door.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self.door.close()

    def _serve(self) -> None:
        connection, _ = self.door.accept()
        with connection, connection.makefile("rb") as told:
            for said in [b"220 hello", *[b"250 fine"] * self.lines][: self.lines]:
                connection.sendall(said + b"\r\n")
                told.readline()
            told.read()


def test_the_url_says_where_and_how() -> None:
    of = MailServer.of
    assert of("smtps://u:p@mail.example.com") == MailServer(
        "mail.example.com", 465, "at once", "u", "p"
    )
    assert of("smtp://mail.example.com") == MailServer("mail.example.com", 587, "starttls")
    assert of("smtp://relay:25?tls=off") == MailServer("relay", 25, "off")
    assert "secret" not in repr(of("smtps://u:secret@mail.example.com"))
