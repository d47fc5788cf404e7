"""A service's view of the LINE stand-in: its channels, the SDK, a browser, and the webhooks."""

import base64
import hashlib
import hmac
import html
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
import urllib3
from linebot.v3.messaging import ApiClient, Configuration, MessagingApi

from plugin.sandbox import SandboxConfig
from plugin.sandbox.line.directory import user_id_of
from plugin.sandbox.line.seed import PROVIDER, SHOP, SHOP_LOGIN, constant
from tests.sandbox.hubspot.rig import FakeApp

SECRET, LOGIN_SECRET = constant(f"channel {SHOP}"), constant(f"channel {SHOP_LOGIN}")
ALICE, BOB, CHARLIE = (user_id_of(one, PROVIDER) for one in ("alice", "bob", "charlie"))
VERIFIER = "v" * 43
TEXT = {"type": "text", "text": "hello"}


def eventually(found: Callable[[], Any], seconds: float = 5.0) -> Any:
    """Wait for background work: the first true answer."""
    until = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.01)
    return answer


def challenge(verifier: str) -> str:
    """PKCE, S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class Line:
    """Calls of the Messaging API and LINE Login, and the sandbox's machine control."""

    config: SandboxConfig
    app: FakeApp
    http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=16, retries=False)
    )
    tokens: dict[str, str] = field(default_factory=dict)

    def raw(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Any call: urllib3's answer."""
        url = self.config.base_url + path
        return self.http.request(method, url, json=body, redirect=False, **more)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A control call that must succeed."""
        answer = self.raw(method, f"/control{path}", body)
        assert answer.status < 300, answer.data
        return answer.json()

    def form(self, path: str, **fields: str) -> Any:
        """A form to a token endpoint."""
        return self.raw("POST", path, fields=fields, encode_multipart=False)

    def token(self, channel: str = SHOP, secret: str = "") -> str:
        """A fresh stateless token."""
        answer = self.form(
            "/line-api/oauth2/v3/token",
            grant_type="client_credentials",
            client_id=channel,
            client_secret=secret or constant(f"channel {channel}"),
        )
        assert answer.status == 200, answer.data
        return str(answer.json()["access_token"])

    def api(
        self, method: str, path: str, body: Any = None, *, channel: str = SHOP, **headers: str
    ) -> Any:
        """A Messaging API call with the channel's token; underscores in headers are dashes."""
        if channel not in self.tokens:
            self.tokens[channel] = self.token(channel)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        whole = {"Authorization": f"Bearer {self.tokens[channel]}", **told}
        return self.raw(method, f"/line-api{path}", body, headers=whole)

    def push(self, to: str = CHARLIE, key: str = "", messages: Any = None) -> Any:
        """A push by hand."""
        headers = {"X_Line_Retry_Key": key} if key else {}
        body = {"to": to, "messages": messages or [TEXT]}
        return self.api("POST", "/v2/bot/message/push", body, **headers)

    def sdk(self) -> MessagingApi:
        """The real line-bot-sdk, pointed here."""
        host = f"{self.config.base_url}/line-api"
        configuration = Configuration(host=host, access_token=self.token())
        configuration.retries = False
        return MessagingApi(ApiClient(configuration))

    def arrived(self, **wanted: str) -> list[dict[str, Any]]:
        """What stands on phones."""
        found: list[dict[str, Any]] = self.control("GET", f"/deliveries?{urlencode(wanted)}")[
            "deliveries"
        ]
        return found

    def listen(self, path: str = "/line/webhooks/key") -> None:
        """Point the shop's webhook at the fake app."""
        body = {"endpoint": self.config.target + path}
        answer = self.api("PUT", "/v2/bot/channel/webhook/endpoint", body)
        assert answer.status == 200, answer.data

    def events(self, count: int = 1) -> list[dict[str, Any]]:
        """Events that arrived, signatures checked, once there are `count`."""

        def found() -> list[dict[str, Any]] | None:
            events = [event for call in self.app.received for event in self._opened(call)]
            return events if len(events) >= count else None

        answer: list[dict[str, Any]] = eventually(found)
        return answer

    def _opened(self, call: Any) -> list[dict[str, Any]]:
        digest = hmac.new(SECRET.encode(), call.body, hashlib.sha256).digest()
        assert call.headers["X_LINE_SIGNATURE"] == base64.b64encode(digest).decode()
        events: list[dict[str, Any]] = json.loads(call.body)["events"]
        return events

    def tap(self, path: str, person: str = "alice", **fields: str) -> Any:
        """What a person does in the shop's chat."""
        return self.form(f"/phone/{person}/chat/{SHOP}/{path}", **fields)

    def browser(self, person: str = "") -> "Browser":
        """A browser, in a person's hand if one is named."""
        browser = Browser(self)
        if person:
            browser.get(f"/phone/{person}")
        return browser

    def ask(self, **changes: str) -> str:
        """The address of an authorization request."""
        values = {
            "response_type": "code",
            "client_id": SHOP_LOGIN,
            "redirect_uri": f"{self.config.target}/line/login/callback",
            "state": "state-1",
            "scope": "openid profile",
            "nonce": "nonce-1",
            "code_challenge": challenge(VERIFIER),
            "code_challenge_method": "S256",
            "bot_prompt": "aggressive",
            **changes,
        }
        told = {name: value for name, value in values.items() if value}
        return f"/line-access/oauth2/v2.1/authorize?{urlencode(told)}"

    def exchange(self, code: str, **changes: str) -> Any:
        """The code for tokens."""
        values = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": f"{self.config.target}/line/login/callback",
            "client_id": SHOP_LOGIN,
            "client_secret": LOGIN_SECRET,
            "code_verifier": VERIFIER,
            **changes,
        }
        told = {name: value for name, value in values.items() if value}
        return self.form("/line-api/oauth2/v2.1/token", **told)

    def login(self, person: str = "alice") -> dict[str, Any]:
        """Through all pages to the tokens."""
        back = self.browser(person).walk(self.ask())
        answer = self.exchange(back["code"])
        assert answer.status == 200, answer.data
        tokens: dict[str, Any] = answer.json()
        return tokens

    def as_user(self, method: str, path: str, token: str) -> Any:
        """A call with a user's token."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.raw(method, f"/line-api{path}", headers=headers)


class Browser:
    """Cookies, and pages followed until they leave the sandbox."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.session = requests.Session()
        self.text = ""
        self.status = 0
        self.url = ""

    def get(self, path: str) -> "Browser":
        """Open an address; redirects are followed within the sandbox."""
        return self._follow("GET", path, None)

    def post(self, path: str, **fields: str) -> "Browser":
        """Send a form."""
        return self._follow("POST", path, fields)

    def _follow(self, method: str, path: str, fields: Any) -> "Browser":
        base = self.line.config.base_url
        self.url = path if path.startswith("http") else base + path
        while self.url.startswith(base):
            answer = self.session.request(
                method, self.url, data=fields, allow_redirects=False, timeout=5
            )
            self.status, self.text = answer.status_code, html.unescape(answer.text)
            if answer.status_code not in (302, 303, 307, 308):
                return self
            location, method, fields = answer.headers["Location"], "GET", None
            self.url = location if location.startswith("http") else base + location
        return self

    def shows(self, testid: str) -> bool:
        """Is there such an element?"""
        return f'data-testid="{testid}"' in self.text

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address where the browser stands."""
        parts = urlsplit(self.url)
        return {name: values[0] for name, values in parse_qs(parts.query).items()}

    @property
    def fragment(self) -> dict[str, str]:
        """The same of its fragment."""
        return {name: one[0] for name, one in parse_qs(urlsplit(self.url).fragment).items()}

    def path(self) -> str:
        """Where a form without an action would go."""
        return urlsplit(self.url).path

    def walk(self, address: str, friend: str = "add", person: str = "alice") -> dict[str, str]:
        """Say yes on every page; answers the callback's parameters."""
        self.get(address)
        for _ in range(4):
            if self.shows("login-choose"):
                self.post(self.path(), person=person)
            elif self.shows("consent-allow"):
                self.post(self.path(), decision="allow", add_friend="1")
            elif self.shows("friend-add"):
                self.post(self.path(), decision=friend)
        return self.query

    def found(self, pattern: str) -> str:
        """The first group of a pattern in the page."""
        match = re.search(pattern, self.text)
        assert match, self.text
        return match[1]
