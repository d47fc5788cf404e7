"""The least a door can do: verify the signature, keep one row.

`python -m tests.benchmarks.bare_door PORT DATABASE URL SECRET`: the same server and threads as
Musubi's, the driver without anything on top.
"""

import base64
import hashlib
import hmac
import sqlite3
import sys
import threading
from typing import Any

import psycopg
from flask import Flask, Response, request

from plugin.server import listen_on, make_server
from tests.support.signing import SECRET

_mine = threading.local()
TABLE = "CREATE TABLE IF NOT EXISTS bare_door (name TEXT PRIMARY KEY)"


def connect(database: str) -> Any:
    """A connection of this thread's own, committing by itself."""
    if not hasattr(_mine, "connection"):
        if database.startswith("sqlite"):
            made: Any = sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000"):
                made.execute(f"PRAGMA {pragma}")
        else:
            made = psycopg.connect(database.replace("+psycopg", ""), autocommit=True)
        _mine.connection = made
    return _mine.connection


def keep(database: str, name: str) -> None:
    """One row, in a commit of its own."""
    sign = "?" if database.startswith("sqlite") else "%s"
    connect(database).execute(f"INSERT INTO bare_door (name) VALUES ({sign})", (name,))  # noqa: S608


def make_app(database: str, url: str, secret: str) -> Flask:
    """A route for each of the two platforms."""
    app = Flask(__name__)
    connect(database).execute(TABLE)

    @app.post("/hubspot/actions/send-message")
    def execute() -> Response | dict[str, Any]:
        raw, stamp = request.get_data(), request.headers["X-HubSpot-Request-Timestamp"]
        text = f"POST{url}{request.path}".encode() + raw + stamp.encode()
        if not _is_signed(SECRET, text, request.headers["X-HubSpot-Signature-v3"]):
            return Response(status=401)
        keep(database, request.get_json()["callbackId"])
        return {"outputFields": {"hs_execution_state": "BLOCK"}}

    @app.post("/line/webhooks/<key>")
    def receive(key: str) -> Response:
        if not _is_signed(secret, request.get_data(), request.headers["X-Line-Signature"]):
            return Response(status=401)
        keep(database, request.get_json()["events"][0]["webhookEventId"])
        return Response(status=200)

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app


def _is_signed(secret: str, text: bytes, given: str) -> bool:
    digest = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest).decode(), given)


def main(port: str, database: str, url: str, secret: str) -> None:
    """Serve until killed."""
    app = make_app(database, url, secret)
    make_server(app, listen_on(int(port)), sandbox=False).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
