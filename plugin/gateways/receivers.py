"""Calls to servers that anybody may name: to checked addresses only, and never for long."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from plugin.core.security.public_networks import is_public
from plugin.gateways.pool import tls_context
from plugin.gateways.protocols.receivers import Outcome, Trouble

CONNECT_SECONDS = 5.0
# Of an answer, the part that arrives with its head, or as soon after it.
ANSWER_BYTES, ANSWER_SECONDS = 1024, 1.0
LONGEST = 3600.0
FAILURES = (HTTPError, HTTPException, OSError, ValueError)
# Addresses of one name that are tried.
MOST_ADDRESSES = 3
USER_AGENT = "Musubi-Webhooks/1"


class LiveReceivers:
    """`ReceiverGateway`. Safe to share between threads."""

    def __init__(
        self,
        private_allowed: bool,
        before_call: Callable[[], None],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._private_allowed = private_allowed
        self._before_call = before_call
        self._context = context

    def post(self, url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> Outcome:
        self._before_call()
        began = time.monotonic()
        with _limited(seconds) as cut:
            try:
                outcome = self._call(url, body, headers, cut)
            except _Fault as fault:
                outcome = Outcome(0, fault.trouble)
            except FAILURES as error:
                outcome = Outcome(0, _trouble(error, cut))
        took = round((time.monotonic() - began) * 1000)
        return Outcome(outcome.status, outcome.error, took, outcome.answer, outcome.retry_after)

    def _call(self, url: str, body: bytes, headers: Mapping[str, str], cut: "_Cut") -> Outcome:
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_secure = parts.scheme == "https"
        port = parts.port or (443 if is_secure else 80)
        dialled = self._dial(host, port, cut)
        # The name stays: for the certificate, for SNI and in the Host header.
        connection: _Plain | _Secure = (
            _Secure(host, port, ssl_context=self._context or tls_context())
            if is_secure
            else _Plain(host, port)
        )
        connection.dialled, connection.timeout = dialled, cut.left(LONGEST)
        with contextlib.closing(connection):
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"User-Agent": USER_AGENT, **headers}
            connection.request(
                "POST", target, body, headers, preload_content=False, decode_content=False
            )
            # urllib3 may let go of it with the head of the answer.
            sock = connection.sock
            response = connection.getresponse()
            if cut.is_over:
                # To http.client the cut looks like the end of the head.
                raise _Fault("timeout")
            sock.settimeout(ANSWER_SECONDS)
            return _read(response)

    def _dial(self, host: str, port: int, cut: "_Cut") -> socket.socket:
        """Connect to an address that was checked: the name is not looked up again, so that it
        cannot mean another one meanwhile."""
        known = _addresses(host, port, cut.left(CONNECT_SECONDS))
        allowed = [one for one in known if self._private_allowed or is_public(str(one[4][0]))]
        if not allowed:
            raise _Fault("private" if known else "unresolved")
        trouble: Trouble = "unreachable"
        for family, kind, protocol, _, address in allowed[:MOST_ADDRESSES]:
            dialled = socket.socket(family, kind, protocol)
            dialled.settimeout(cut.left(CONNECT_SECONDS))
            try:
                dialled.connect(address)
            except OSError as error:
                dialled.close()
                trouble = "timeout" if isinstance(error, TimeoutError) else "unreachable"
                continue
            cut.watch(dialled)
            return dialled
        raise _Fault(trouble)


class _Fault(Exception):
    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class _Plain(HTTPConnection):
    dialled: socket.socket

    def _new_conn(self) -> socket.socket:
        return self.dialled


class _Secure(HTTPSConnection):
    dialled: socket.socket

    def _new_conn(self) -> socket.socket:
        return self.dialled


class _Cut:
    """Ends a connection at a moment. A socket's own limit is for each read, so that one byte every
    few seconds would never meet it."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._twin: socket.socket | None = None
        self.is_over = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def left(self, most: float) -> float:
        return max(min(most, self._end - time.monotonic()), 0.01)

    def watch(self, dialled: socket.socket) -> None:
        with self._lock:
            # TLS takes the socket over; shutting its twin down ends the connection all the same.
            self._twin = dialled.dup()
        dialled.settimeout(self.left(LONGEST))
        if self.is_over:
            self._cut()

    def close(self) -> None:
        self._timer.cancel()
        with self._lock:
            if self._twin is not None:
                self._twin.close()
                self._twin = None

    def _cut(self) -> None:
        self.is_over = True
        with self._lock, contextlib.suppress(OSError):
            if self._twin is not None:
                self._twin.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[_Cut]:
    cut = _Cut(seconds)
    try:
        yield cut
    finally:
        cut.close()


def _read(response: urllib3.HTTPResponse) -> Outcome:
    answer = b""
    # The status has decided. What follows is for people, and nobody waits for it.
    with contextlib.suppress(*FAILURES):
        answer = response.read1(ANSWER_BYTES)[:ANSWER_BYTES]
    asked = response.headers.get("Retry-After", "")
    wait = float(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else None
    return Outcome(response.status, answer=answer, retry_after=wait)


def _addresses(host: str, port: int, seconds: float) -> list[Any]:
    """Look a name up. The system's resolver takes no time limit, so it gets a thread that may be
    left behind."""
    found: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            found.set_result([])

    threading.Thread(target=look_up, name="lookup", daemon=True).start()
    try:
        return found.result(seconds)
    except TimeoutError:
        raise _Fault("unresolved") from None


def _trouble(error: BaseException, cut: _Cut) -> Trouble:
    if cut.is_over or isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError | urllib3.exceptions.SSLError):
        return "tls"
    return "lost"
