"""HubSpot and LINE for benches: `python -m tests.benchmarks.fast_platforms PORT SANDBOX SECONDS`.

Pushes and multicasts are answered after so many seconds and completed callbacks at once, all for
little of the processor; `/counts` tells of them. Everything else is passed on to the sandbox.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import NamedTuple, cast

import urllib3

REASONS = {200: "OK", 204: "No Content", 409: "Conflict"}
# What a connection says of itself; the client of the sandbox sets its own.
OWN_HEADERS = {"host", "connection", "content-length", "accept-encoding"}
Write = Callable[[bytes], object]


class Call(NamedTuple):
    """A request; names of headers in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Platforms:
    """What was sent and completed, and when the last of it was."""

    def __init__(self, sandbox: str, seconds: float) -> None:
        self.sandbox, self.seconds = sandbox, seconds
        self.http = urllib3.PoolManager(maxsize=16, retries=False, timeout=60)
        self.pushes: dict[str, int] = {}
        # People named in multicasts.
        self.people = 0
        self.completed: set[str] = set()
        self.last = 0.0
        self._waiting: set[asyncio.Task[None]] = set()

    def take(self, call: Call, write: Write) -> None:
        """Answer a call, now or later."""
        if call.path.endswith(("/v2/bot/message/push", "/v2/bot/message/multicast")):
            asyncio.get_running_loop().call_later(self.seconds, self._push, call, write)
        elif call.path.endswith("/callbacks/2026-09/complete"):
            self.last = time.monotonic()
            self.completed |= {one["callbackId"] for one in json.loads(call.body)["inputs"]}
            write(answer(204))
        elif call.path == "/counts":
            counts = {"pushed": len(self.pushes), "people": self.people, "last": self.last}
            write(answer(200, json.dumps({**counts, "completed": len(self.completed)}).encode()))
        else:
            task = asyncio.create_task(self._pass_on(call, write))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    def _push(self, call: Call, write: Write) -> None:
        self.last = time.monotonic()
        mine = len(self.pushes) + 1
        first = self.pushes.setdefault(call.headers["x-line-retry-key"], mine)
        if first == mine:
            if call.path.endswith("multicast"):
                self.people += len(json.loads(call.body)["to"])
            sent = b'{"sentMessages":[{"id":"%d"}]}' % mine
            write(answer(200, sent, b"X-Line-Request-Id: %d\r\n" % mine))
        else:
            said = b'{"message":"The retry key is already accepted"}'
            write(answer(409, said, b"X-Line-Accepted-Request-Id: %d\r\n" % first))

    async def _pass_on(self, call: Call, write: Write) -> None:
        headers = {name: text for name, text in call.headers.items() if name not in OWN_HEADERS}
        heard = await asyncio.to_thread(
            self.http.request, call.method, self.sandbox + call.path,
            body=call.body, headers=headers, redirect=False,
        )  # fmt: skip
        write(answer(heard.status, heard.data))


def answer(status: int, body: bytes = b"", more: bytes = b"") -> bytes:
    """A response; all bodies are JSON."""
    reason = REASONS.get(status, "As heard").encode()
    head = b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n" % (status, reason)
    # A 204 has no body, and so no length.
    length = b"" if status == 204 else b"Content-Length: %d\r\n" % len(body)
    return head + length + more + b"\r\n" + body


class Connection(asyncio.Protocol):
    """One client, which waits for each answer before it asks again."""

    def __init__(self, platforms: Platforms) -> None:
        self.platforms = platforms
        self.unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.unread += data
        head, end, rest = self.unread.partition(b"\r\n\r\n")
        if not end:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        parts = (line.split(": ", 1) for line in lines)
        headers = {name.lower(): text for name, text in parts}
        length = int(headers.get("content-length", 0))
        if len(rest) >= length:
            self.unread = rest[length:]
            method, path, _ = first.split(" ")
            self.platforms.take(Call(method, path, headers, rest), self.transport.write)


async def main(port: str, sandbox: str, seconds: str) -> None:
    """Serve until killed."""
    platforms = Platforms(sandbox, float(seconds))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(platforms), "127.0.0.1", int(port), backlog=256
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
