"""The network of a simulation: calls reach the sandbox in this thread, or go wrong by chance."""

import io
import json
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import ProtocolError, ReadTimeoutError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from plugin.core.clock import utcnow

# What may become of a call instead of its answer, and how likely each is where there is trouble.
LOST, LATE, DROPPED, UNAVAILABLE = "lost", "late", "dropped", "unavailable"
LIKELY = {LOST: 0.15, LATE: 0.05, DROPPED: 0.08, UNAVAILABLE: 0.06}
SENDS = ("/message/push", "/message/multicast", "/message/reply")


class Taken(NamedTuple):
    """A message that LINE took for a user: what a phone gets, whatever Musubi heard of it."""

    at: datetime
    user_id: str
    text: str


class Wire:
    """Stands where the pool of connections stands. `under_way` runs when the platform has done its
    work and the answer is on its way: other processes and people act in that moment."""

    def __init__(self, app: Any, chance: Random, note: Callable[[str], None]) -> None:
        self.app, self.chance, self.note = app, chance, note
        self.in_trouble = True
        self.under_way: Callable[[], None] = lambda: None
        self.taken: list[Taken] = []
        # Who may be answered, by reply token.
        self.talks: dict[str, str] = {}

    def request(self, method: str, url: str, **options: Any) -> urllib3.HTTPResponse:
        """Answer as urllib3 does, or raise its errors."""
        path = urlsplit(url).path
        fault = self._fault() if path.endswith(SENDS) or "/contacts" in path else ""
        self.note(f"  {method} {path} {fault}".rstrip())
        if fault == DROPPED:
            raise _cut()
        if fault == UNAVAILABLE:
            return _response(b'{"message": "unavailable"}', {}, 503)
        answer = self._call(method, url, options)
        if answer.status == 200 and path.endswith(SENDS):
            self._note_taken(json.loads(options["body"]))
        # Whoever needs the token meanwhile waits for it, and here all are one thread.
        if "/oauth" not in path:
            self.under_way()
        if fault == LOST:
            raise _cut()
        if fault == LATE:
            raise ReadTimeoutError(None, url, "Read timed out.")  # type: ignore[arg-type]
        return answer

    def _fault(self) -> str:
        if not self.in_trouble:
            return ""
        return next((name for name, share in LIKELY.items() if self.chance.random() < share), "")

    def _note_taken(self, body: dict[str, Any]) -> None:
        to = body["to"] if "to" in body else self.talks[body["replyToken"]]
        text = body["messages"][0]["text"]
        self.taken += [
            Taken(utcnow(), user_id, text) for user_id in (to if isinstance(to, list) else [to])
        ]

    def _call(self, method: str, url: str, options: dict[str, Any]) -> urllib3.HTTPResponse:
        headers, body = dict(options.get("headers") or {}), options.get("body")
        if body is None and options.get("fields"):
            body = urlencode(options["fields"])
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        parts = urlsplit(url)
        builder = EnvironBuilder(
            path=parts.path, query_string=parts.query, method=method, headers=headers,
            base_url=f"{parts.scheme}://{parts.netloc}",
            data=body.encode() if isinstance(body, str) else body,
        )  # fmt: skip
        chunks, status, answered = run_wsgi_app(self.app, builder.get_environ(), buffered=True)
        return _response(b"".join(chunks), dict(answered), int(status.split()[0]))


def _cut() -> ProtocolError:
    return ProtocolError("Connection aborted.", ConnectionResetError(104, "Reset by peer"))


def _response(data: bytes, headers: dict[str, str], status: int) -> urllib3.HTTPResponse:
    # Unread, as it comes from the pool.
    return urllib3.HTTPResponse(
        body=io.BytesIO(data), headers=headers, status=status, preload_content=False
    )
