"""HubSpot calling an action, or LINE a webhook, from a process of its own: asking slows nobody.

Each caller keeps a connection open and does no more than it must, so that it hardly counts.
"""

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.support.processes import ROOT
from tests.support.signing import SECRET
from tests.support.world import PORTAL

ACTION = "/hubspot/actions/send-message"
Parts = tuple[bytes, dict[str, str]]


class Asked(NamedTuple):
    """Calls a second, the median and the 99th percentile of the answers in milliseconds, when
    (monotonic) the first call began, and how many answers were not the last word."""

    rate: float
    median: float
    slow: float
    began: float
    blocked: int


def ask_actions(signed: str, contacts: list[str], label: str, **told: Any) -> Asked:
    """Run the action for each contact. `told`: `urls`, `at_once` and `warm_up`."""
    more = {"signed": signed, "contacts": contacts, "label": label}
    return _ask({**told, **more, "kind": "actions"})


def ask_events(path: str, users: list[str], **told: Any) -> Asked:
    """A text of each user; `told` also has the channel's `secret` and `destination`."""
    return _ask({**told, "path": path, "users": users, "kind": "events"})


def _ask(told: dict[str, Any]) -> Asked:
    command = [sys.executable, "-m", "tests.benchmarks.callers"]
    asked = subprocess.run(
        command, cwd=ROOT, input=json.dumps(told), capture_output=True, text=True, check=False
    )
    assert not asked.returncode, asked.stderr
    return Asked(*json.loads(asked.stdout))


class Caller:
    """One connection."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self.host = where.netloc
        self.socket = socket.create_connection((where.hostname, where.port or 80), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        """The body of the answer, which must be 200."""
        lines = "".join(f"{name}: {text}\r\n" for name, text in headers.items())
        head = f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\n{lines}"
        self.socket.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        heard = b""
        while not (end := heard.find(b"\r\n\r\n") + 4) > 3 or len(heard) < end + _length(heard):
            read = self.socket.recv(65_536)
            assert read, "hung up"
            heard += read
        assert heard.startswith(b"HTTP/1.1 200 "), heard
        return heard[end:]


def _length(heard: bytes) -> int:
    found = heard.lower().find(b"content-length:")
    return int(heard[found + 15 : heard.index(b"\r\n", found)]) if found > 0 else 0


def main() -> None:
    """Read what to call from the input and print an `Asked`."""
    told = json.load(sys.stdin)
    path, parts = _actions(told) if told["kind"] == "actions" else _events(told)
    warm_up, at_once = told["warm_up"], told["at_once"]
    callers = [Caller(told["urls"][number % len(told["urls"])]) for number in range(at_once)]

    def work(caller: Caller, mine: Iterator[Parts]) -> list[tuple[float, bool]]:
        seen = []
        for body, headers in mine:
            began = time.perf_counter()
            heard = caller.post(path, body, headers)
            seen.append(((time.perf_counter() - began) * 1000, b"BLOCK" in heard))
        return seen

    def all_of(some: list[Parts]) -> tuple[float, list[tuple[float, bool]]]:
        # Whoever is free takes the next; an iterator of a list may be shared by threads.
        shared, began = iter(some), time.monotonic()
        with ThreadPoolExecutor(at_once) as pool:
            seen = [one for many in pool.map(work, callers, [shared] * at_once) for one in many]
        return began, seen

    _, first = all_of(parts[:warm_up])
    began, seen = all_of(parts[warm_up:])
    seconds = time.monotonic() - began
    percentiles = quantiles([waited for waited, _ in seen], n=100)
    blocked = sum(is_blocked for _, is_blocked in first + seen)
    print(json.dumps([len(seen) / seconds, percentiles[49], percentiles[98], began, blocked]))


def _actions(told: dict[str, Any]) -> tuple[str, list[Parts]]:
    return ACTION, [_action(told, number) for number in range(len(told["contacts"]))]


def _action(told: dict[str, Any], number: int) -> Parts:
    fields = {"text": "Hello"}
    body = {
        "callbackId": f"{told['label']}-{number}",
        "origin": {"portalId": PORTAL, "actionDefinitionId": 1},
        "object": {"objectId": int(told["contacts"][number]), "objectType": "CONTACT"},
        "fields": fields,
        "inputFields": fields,
    }
    raw, stamp = json.dumps(body).encode(), str(int(time.time() * 1000))
    text = f"POST{told['signed']}{ACTION}".encode() + raw + stamp.encode()
    headers = {
        "Content-Type": "application/json",
        "X-HubSpot-Signature-v3": _signature(SECRET, text),
        "X-HubSpot-Request-Timestamp": stamp,
    }
    return raw, headers


def _events(told: dict[str, Any]) -> tuple[str, list[Parts]]:
    return told["path"], [_event(told, number) for number in range(len(told["users"]))]


def _event(told: dict[str, Any], number: int) -> Parts:
    event = {
        "type": "message",
        "mode": "active",
        "timestamp": int(time.time() * 1000),
        "webhookEventId": f"01BENCH{number:019}",
        "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": told["users"][number]},
        "replyToken": f"{number:032x}",
        "message": {"type": "text", "id": str(number), "quoteToken": "q", "text": "Hello"},
    }
    raw = json.dumps({"destination": told["destination"], "events": [event]}).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "LineBotWebhook/2.0",
        "X-Line-Signature": _signature(told["secret"], raw),
    }
    return raw, headers


def _signature(secret: str, text: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


if __name__ == "__main__":
    main()
