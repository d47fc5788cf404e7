"""The least a door can do: verify the signature, keep one row. `python -m ... PORT DATABASE URL`.

The same server and threads as Musubi's, the driver without anything on top.
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


def make_app(database: str, url: str) -> Flask:
    """One route."""
    app = Flask(__name__)
    sign = "?" if database.startswith("sqlite") else "%s"
    statement = f"INSERT INTO bare_door (callback_id) VALUES ({sign})"  # noqa: S608
    connect(database).execute("CREATE TABLE IF NOT EXISTS bare_door (callback_id TEXT PRIMARY KEY)")

    @app.post("/hubspot/actions/send-message")
    def execute() -> Response | dict[str, Any]:
        raw, stamp = request.get_data(), request.headers["X-HubSpot-Request-Timestamp"]
        text = f"POST{url}{request.path}".encode() + raw + stamp.encode()
        digest = hmac.new(SECRET.encode(), text, hashlib.sha256).digest()
        given = request.headers["X-HubSpot-Signature-v3"]
        if not hmac.compare_digest(base64.b64encode(digest).decode(), given):
            return Response(status=401)
        connect(database).execute(statement, (request.get_json()["callbackId"],))
        return {"outputFields": {"hs_execution_state": "BLOCK"}}

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app


def main(port: str, database: str, url: str) -> None:
    """Serve until killed."""
    app = make_app(database, url)
    make_server(app, listen_on(int(port)), sandbox=False).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
