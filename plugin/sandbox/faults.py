"""Fault injection: statuses, delays, dropped connections and lost answers."""

import json
import random
import re
import socket
import threading
import time
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Rule = dict[str, Any]


class Faults:
    """WSGI middleware that spoils the calls its rules match.

    A rule: `{"method": "POST" or absent, "path": regex, "times": n or absent (for ever),
    "probability": 0..1 (default 1), "effect": {"status": 500, "body": {...}, "headers": {...}} |
    {"delay": seconds} | "lost" | "drop"}`. "lost" does the work and then cuts the connection;
    "drop" cuts it before anything is done.
    """

    def __init__(self, app: WSGIApplication, seed: int = 7) -> None:
        self.app = app
        self.rules: list[Rule] = []
        self._lock = threading.Lock()
        self._random = random.Random(seed)  # noqa: S311 - chance for tests, not a secret

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        rule = self._hit(environ)
        if rule is None:
            return self.app(environ, start_response)
        return self._spoil(rule["effect"], environ, start_response)

    def _hit(self, environ: WSGIEnvironment) -> Rule | None:
        path = environ.get("PATH_INFO", "")
        if not self.rules or path.startswith("/control/"):
            return None
        with self._lock:
            for rule in self.rules:
                if self._matches(rule, environ["REQUEST_METHOD"], path):
                    rule["hits"] = rule.get("hits", 0) + 1
                    return rule
        return None

    def _matches(self, rule: Rule, method: str, path: str) -> bool:
        if rule.get("method", method) != method or not re.search(rule["path"], path):
            return False
        if rule.get("times") is not None and rule.get("hits", 0) >= rule["times"]:
            return False
        return self._random.random() < float(rule.get("probability", 1))

    def _spoil(
        self, effect: Any, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if effect == "drop":
            return _cut(environ, start_response)
        if effect == "lost":
            _swallow(self.app, environ)
            return _cut(environ, start_response)
        if "delay" in effect:
            time.sleep(effect["delay"])
            return self.app(environ, start_response)
        return _answer(effect, start_response)


def _answer(effect: Rule, start_response: StartResponse) -> Iterable[bytes]:
    body = effect.get("body", {"message": "told to fail"})
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"Content-Type": "application/json", **effect.get("headers", {})}
    start_response(f"{effect['status']} Told To Fail", list(headers.items()))
    return [text.encode()]


def _swallow(app: WSGIApplication, environ: WSGIEnvironment) -> None:
    def ignore(*_: object) -> Any:
        return lambda data: None

    for _ in app(environ, ignore):
        pass


def _cut(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    # Close the caller's socket behind the server's back.
    channel = getattr(environ.get("waitress.client_disconnected"), "__self__", None)
    connection = environ.get("werkzeug.socket") or getattr(channel, "socket", None)
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    start_response("500 Cut", [("Content-Length", "0")])
    return []
