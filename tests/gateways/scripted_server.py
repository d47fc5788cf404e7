"""A real HTTP server that answers what a test says and remembers what it was sent, byte by byte."""

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; `connection` tells kept-open connections apart."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """`drop`: hang up without a word. `cut`: promise more body than is sent, then hang up. `drip`:
    seconds between two bytes of the body."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    drop: bool = False
    cut: bool = False
    drip: float = 0

    def bytes(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


Answer = Reply | Callable[[Seen], Reply]


class ScriptedServer:
    """Answers per method and path: the given replies in turn, the last one for ever."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.stopping = threading.Event()
        self._answers: dict[tuple[str, str], list[Answer]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def on(self, method: str, path: str, *answers: Answer) -> None:
        self._answers[method, path] = list(answers) or [Reply()]

    def sent_to(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            answers = self._answers.get((seen.method, seen.path))
            if not answers:
                return Reply(404, {"message": f"no script for {seen.method} {seen.path}"})
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, Reply) else answer(seen)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Handler", (_Handler,), {"script": self})


class _Handler(BaseHTTPRequestHandler):
    script: ScriptedServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, body, self.client_address[1])
        reply = self.script.take(seen)
        self.script.stopping.wait(reply.delay)
        if reply.drop:
            return self._hang_up()
        return self._write(reply)

    def _write(self, reply: Reply) -> None:
        body = reply.bytes()
        promised = len(body) + (10 if reply.cut else 0)
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(promised))
        self.end_headers()
        try:
            self._write_body(body if reply.status != 204 else b"", reply.drip)
        except OSError:
            return  # the client has given up waiting, as the test wanted
        if reply.cut:
            self._hang_up()

    def _write_body(self, body: bytes, pause: float) -> None:
        if not pause:
            self.wfile.write(body)
            return
        for position in range(len(body)):
            if self.script.stopping.wait(pause):
                return
            self.wfile.write(body[position : position + 1])

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
