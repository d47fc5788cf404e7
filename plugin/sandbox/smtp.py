"""The sandbox's mail server: SMTP on a port of its own; the mailbox shows its emails."""

import base64
import email
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from plugin.sandbox.store import Store
from plugin.sandbox.world import World

LINE, LONGEST = 2048, 1024 * 1024
_starting = threading.Lock()


@dataclass
class ServerBehaviour:
    """How the server behaves. `answers`: replies to verbs in place of the real ones."""

    answers: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None


class MailServer(socketserver.ThreadingTCPServer):
    """Accepts every email and stores it under the kind `letter`."""

    daemon_threads = True

    def __init__(
        self, store: Store, manners: ServerBehaviour | None = None, *, at_once: bool = False
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.store, self.manners, self.at_once = store, manners or ServerBehaviour(), at_once
        self.port: int = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def get_request(self) -> Any:
        """Accept a connection; with `at_once` its own thread begins with TLS."""
        connection, address = super().get_request()
        connection.settimeout(30)
        if self.at_once and self.manners.tls:
            connection = self.manners.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, or does not trust our certificate, is no error."""


class _Dialogue(socketserver.StreamRequestHandler):
    """RFC 5321 as far as a client needs it that sends one email."""

    server: MailServer

    def handle(self) -> None:
        self.signed_in, self.sender, self.recipients = False, "", list[str]()
        self.say("220 sandbox ESMTP")
        while line := self.rfile.readline(LINE):
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            verb = verb.upper()
            reply = self.server.manners.answers.get(verb) or self.answer(verb, rest)
            self.say(reply)
            if verb == "STARTTLS" and reply.startswith("220") and self.server.manners.tls:
                self.make_safe(self.server.manners.tls)
            if verb == "QUIT" or reply.startswith("421"):
                return

    def say(self, words: str) -> None:
        self.wfile.write(words.replace("\n", "\r\n").encode() + b"\r\n")

    def answer(self, verb: str, rest: str) -> str:
        manners = self.server.manners
        if verb in ("EHLO", "HELO"):
            return self.hello(verb)
        if verb == "STARTTLS" and manners.tls:
            return "220 Go ahead"
        if verb == "AUTH" and manners.login:
            return self.sign_in(rest)
        if manners.login and not self.signed_in and verb in ("MAIL", "RCPT", "DATA"):
            return "530 Authentication required"
        if verb in ("MAIL", "RCPT"):
            return self.envelope(verb, rest)
        if verb == "DATA":
            return self.take()
        return {"QUIT": "221 Bye", "NOOP": "250 OK", "RSET": "250 OK"}.get(verb, "502 No")

    def hello(self, verb: str) -> str:
        can = ["sandbox", "8BITMIME"]
        if self.server.manners.tls and not isinstance(self.request, ssl.SSLSocket):
            can.append("STARTTLS")
        if self.server.manners.login:
            can.append("AUTH PLAIN")
        if verb == "HELO":
            return "250 sandbox"
        return "\n".join([*(f"250-{extension}" for extension in can[:-1]), f"250 {can[-1]}"])

    def sign_in(self, rest: str) -> str:
        _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
        self.signed_in = (user, password) == self.server.manners.login
        return "235 Welcome" if self.signed_in else "535 Wrong name or password"

    def envelope(self, verb: str, rest: str) -> str:
        address = rest.partition("<")[2].partition(">")[0]
        if verb == "MAIL":
            self.sender, self.recipients = address, []
        else:
            self.recipients.append(address)
        return "250 OK"

    def take(self) -> str:
        if not self.recipients:
            return "503 To whom?"
        self.say("354 Go on")
        lines, size = list[bytes](), 0
        while (line := self.rfile.readline(LINE)) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
            size += len(line)
            if size > LONGEST:
                return "421 Too long"
        keep(self.server.store, self.sender, self.recipients, b"".join(lines))
        return "250 Taken"

    def make_safe(self, tls: ssl.SSLContext) -> None:
        self.request = self.connection = tls.wrap_socket(self.request, server_side=True)
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb", 0)


def keep(store: Store, sender: str, recipients: list[str], raw: bytes) -> None:
    from email.policy import default  # It takes a fifth of a second to load.

    message = email.message_from_bytes(raw, policy=default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    with store:
        number = store.next_id("letter")
        store.put("letter", number, {
            "id": number,
            "sender": sender,
            "to": [address.lower() for address in recipients],
            "from": str(message["From"]),
            "subject": str(message["Subject"]),
            "text": text.get_content() if text else "",
            "html": html.get_content() if html else "",
            "headers": {name: str(value) for name, value in message.items()},
        })  # fmt: skip


def mail_url(sandbox: Flask) -> str:
    """Return the SMTP address; the server starts at the first call."""
    world: World = sandbox.extensions["world"]
    with _starting:
        server = sandbox.extensions.get("mail_server")
        if server is None:
            server = sandbox.extensions["mail_server"] = MailServer(world.store)
    return f"smtp://127.0.0.1:{server.port}?tls=off"
