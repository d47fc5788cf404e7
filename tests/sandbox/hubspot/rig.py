"""Both ends of the HubSpot stand-in's wires: a served sandbox, and an app that it calls."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

import urllib3
import waitress

from plugin.sandbox import SandboxConfig

PORTAL, OTHER_PORTAL = 20000001, 20000002
ALICE, BOB, CHARLIE = "150000000001", "150000000002", "150000000003"
Answer = tuple[int, Any]


def serve(app: Any, port: int) -> Callable[[], None]:
    """Serve a WSGI application in a thread; answers how to stop."""
    server = waitress.create_server(app, host="127.0.0.1", port=port, threads=8)

    def run() -> None:
        # Closed from outside in the middle of a select, the loop ends with this.
        with contextlib.suppress(OSError):
            server.run()

    threading.Thread(target=run, daemon=True).start()
    return lambda: (server.close(), None)[1]


@dataclass
class Received:
    """One call that reached the app."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass
class FakeApp:
    """Stands where Musubi would: remembers what HubSpot calls and answers as told."""

    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], Answer] = lambda received: (200, {})

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        headers = {key[5:]: text for key, text in environ.items() if key.startswith("HTTP_")}
        body = environ["wsgi.input"].read(length)
        call = Received(environ["REQUEST_METHOD"], environ["PATH_INFO"], headers, body)
        self.received.append(call)
        status, answer = self.answer(call)
        start_response(f"{status} Told", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def events(self) -> list[dict[str, Any]]:
        """Every webhook event so far."""
        calls = [one for one in self.received if one.path == "/hubspot/webhooks"]
        return [event for one in calls for event in one.json]


@dataclass
class Client:
    """An installed app's view of the stand-in, and the machine control beside it."""

    config: SandboxConfig
    token: str = ""
    http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=16, retries=False)
    )

    def raw(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Any call: urllib3's answer."""
        url = self.config.base_url + path
        return self.http.request(method, url, json=body, redirect=False, **more)

    def api(self, method: str, path: str, body: Any = None) -> Answer:
        """A call of HubSpot's API with the token: (status, JSON)."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.raw(method, f"/hubspot-api{path}", body, headers=headers)
        return answer.status, json.loads(answer.data or b"null")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A control call that must succeed."""
        answer = self.raw(method, f"/control{path}", body)
        assert answer.status < 300, answer.data
        return json.loads(answer.data)

    def form(self, path: str, fields: Mapping[str, str]) -> Any:
        """A form sent by a browser or to the token endpoint."""
        return self.raw("POST", path, None, fields=dict(fields), encode_multipart=False)

    def asked(self, **changes: str) -> dict[str, str]:
        """The query of an install URL."""
        definition = json.loads(self.config.app_definition.read_text(encoding="utf-8"))
        usual = {
            "client_id": self.config.client_id,
            "redirect_uri": f"{self.config.target}/hubspot/callback",
            "scope": " ".join(definition["scopes"]["required"]),
            "state": "a-state",
        }
        return {**usual, **changes}

    def approve(self, portal: int = PORTAL, **changes: str) -> dict[str, str]:
        """Consent as the portal's admin: what the callback address carries."""
        fields = {**self.asked(**changes), "portal": str(portal), "decision": "approve"}
        answer = self.form("/hubspot-app/oauth/authorize", fields)
        assert answer.status == 302, answer.data
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    def token_call(self, path: str = "/oauth/2026-09/token", **fields: str) -> Answer:
        """A call of a token endpoint with the app's credentials."""
        known = {
            "client_id": self.config.client_id,
            "client_secret": self.config.client_secret,
            **fields,
        }
        answer = self.form(f"/hubspot-api{path}", known)
        return answer.status, json.loads(answer.data)

    def install(self, portal: int = PORTAL) -> dict[str, Any]:
        """Install the app and keep the access token."""
        redirect = f"{self.config.target}/hubspot/callback"
        status, tokens = self.token_call(
            grant_type="authorization_code",
            code=self.approve(portal)["code"],
            redirect_uri=redirect,
        )
        assert status == 200, tokens
        self.token = tokens["access_token"]
        found: dict[str, Any] = tokens
        return found

    def page(self, path: str, **query: str) -> str:
        """A page of the stand-in, as text."""
        answer = self.raw("GET", path + ("?" + urlencode(query) if query else ""))
        assert answer.status == 200, answer.data
        text: str = answer.data.decode()
        return text


def until(holds: Callable[[], Any], seconds: float = 5) -> Any:
    """Wait for something to become true; answers it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = holds()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")
