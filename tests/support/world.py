"""Musubi and the sandbox, each on a port of its own, talking over real HTTP."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import requests
import waitress
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import event, update

from plugin.factory import create_app, wire_dependencies, wire_engine
from plugin.guards import get_deps
from plugin.models import Installation, Job, OfficialAccount, QRCode, db
from plugin.models.system.job_kinds import QUEUES
from plugin.models.transaction import retried, transaction
from plugin.sandbox import SandboxConfig, account_to_connect, create_sandbox
from plugin.scheduler import runner
from plugin.services import Dependencies
from plugin.services.actions.load import LoadGauge
from plugin.services.connections.official_account import ChannelValues, connect_account
from plugin.services.qr_codes.codes import create_qr_code
from plugin.settings import SANDBOX_BASES, SANDBOX_CREDENTIALS, Settings
from tests.support.walker import Walker

KEY = Fernet.generate_key().decode()
SECRET_KEY = "a-key-for-tests-0123456789-abcdefghij"
PORTAL, OTHER_PORTAL = 20000001, 20000002
ALICE, BOB, CHARLIE = 150000000001, 150000000002, 150000000003


def _nobody(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    start("200 Nobody", [("Content-Length", "0")])
    return []


class Socket:
    """A served WSGI application that can be exchanged while it is served."""

    def __init__(self, app: Any = None, threads: int = 16) -> None:
        self.app = app
        self._idle = threading.Condition()
        self._answering = 0
        # Bound at once: a port that is only looked up may be another's a moment later.
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        self.port: int = bound.getsockname()[1]
        self.server = waitress.create_server(
            self._answer, sockets=[bound], threads=threads, backlog=256, asyncore_use_poll=True
        )
        threading.Thread(target=self.server.run, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        with self._idle:
            self._answering += 1
            app = self.app
        try:
            answer: Iterable[bytes] = app(environ, start)
            return answer
        finally:
            with self._idle:
                self._answering -= 1
                self._idle.notify_all()

    def empty(self) -> None:
        """Let the calls in hand end; whoever calls late hears 200 and is forgotten."""
        with self._idle:
            self.app = _nobody
            self._idle.wait_for(lambda: not self._answering, 20)

    def close(self) -> None:
        """Stop serving."""
        with contextlib.suppress(OSError):
            self.server.close()


def settings_for(musubi: str, sandbox: str, database: str, instance: Path) -> Settings:
    """Real credentials as far as Musubi knows: nothing of the sandbox is mounted."""
    bases = {name: sandbox + path for name, path in SANDBOX_BASES.items()}
    return Settings.from_env(
        {
            **SANDBOX_CREDENTIALS,
            **bases,
            "BASE_URL": musubi,
            "DATABASE_URL": database,
            "SECRET_KEY": SECRET_KEY,
            "ENCRYPTION_KEYS": KEY,
        },
        instance,
    )


class Sandbox:
    """The sandbox with its machine control."""

    def __init__(self, musubi: str) -> None:
        self.socket = Socket(threads=32)
        self.url = self.socket.url
        self.app = create_sandbox(SandboxConfig(self.url, musubi))
        self.socket.app = self.app

    @property
    def kinds(self) -> dict[str, Any]:
        """Everything its world remembers; may be set to what was remembered before."""
        kinds: dict[str, Any] = self.app.extensions["world"].store._kinds
        return kinds

    @kinds.setter
    def kinds(self, kinds: dict[str, Any]) -> None:
        with self.app.extensions["world"].store as store:
            store._kinds = kinds

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask or tell it something over `/control`."""
        answer = requests.request(method, f"{self.url}/control{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def fail(self, path: str, effect: Any, **rule: Any) -> None:
        """Spoil the calls whose path matches, as `plugin/sandbox/faults.py` describes."""
        self.control("POST", "/faults", {"path": path, "effect": effect, **rule})

    def quiet(self) -> None:
        """Wait until everything that it sends by itself, webhooks above all, has arrived."""
        self.app.extensions["world"].background.quiet(10)

    def contact(self, contact_id: int = ALICE) -> dict[str, Any]:
        """A contact's properties as HubSpot has them."""
        found: dict[str, Any] = self.control("GET", f"/contacts/{contact_id}")["properties"]
        return found


@dataclass
class Tenant:
    """An installed portal with one Official Account and one QR code."""

    walker: Walker
    installation_id: int
    account_id: int = 0
    qr_code_id: int = 0
    slug: str = ""


@dataclass
class World:
    """Everything a test touches."""

    app: Flask
    url: str
    sandbox: Sandbox
    tenants: dict[int, Tenant] = field(default_factory=dict)

    @property
    def deps(self) -> Dependencies:
        """What services need, inside the app's context."""
        return get_deps()

    def install(self, portal: int = PORTAL) -> Tenant:
        """Walk through HubSpot's consent as the portal's admin."""
        walker = Walker()
        walker.go(f"{self.url}/hubspot/install?next=/healthz")
        walker.submit(button="approve", portal=str(portal), decision="approve")
        assert walker.page.status == 200, walker.page.text
        with self.app.app_context():
            installation = Installation.of_portal(portal)
            assert installation is not None
            self.tenants[portal] = Tenant(walker, installation.id)
        return self.tenants[portal]

    def connect(self, tenant: Tenant, position: int = 0) -> Tenant:
        """Connect an Official Account of the sandbox, and make a QR code on it."""
        values = account_to_connect(self.sandbox.app, position)
        with self.app.app_context():
            installation = db.session.get_one(Installation, tenant.installation_id)
            account = connect_account(self.deps, installation, ChannelValues(**values))
            code = create_qr_code(account, "Counter", "hubspot")
            tenant.account_id, tenant.qr_code_id, tenant.slug = account.id, code.id, code.slug
        return tenant

    def account(self, tenant: Tenant) -> OfficialAccount:
        """The tenant's account, inside the app's context."""
        return db.session.get_one(OfficialAccount, tenant.account_id)

    def code(self, tenant: Tenant) -> QRCode:
        """The tenant's QR code, inside the app's context."""
        return db.session.get_one(QRCode, tenant.qr_code_id)

    def work(self, ahead: float = 1) -> int:
        """Do all work due within `ahead` seconds, and what that causes; answers how many steps.

        A second lets work that waits for company go out.
        """
        steps, done = 0, 1
        while done:
            self.pass_time(ahead if not steps else 1)
            done = sum(self._some(queue) for queue in QUEUES)
            steps += done
            assert steps < 5000, "work that never ends"
        return steps

    @retried
    def pass_time(self, seconds: float) -> None:
        """Bring everything that waits nearer; leases run down as well."""
        with self.app.app_context(), transaction() as session:
            session.execute(update(Job).values(ready_ms=Job.ready_ms - int(seconds * 1000)))

    def _some(self, queue: str) -> int:
        with self.app.app_context():
            jobs = runner.claim(queue, "test", 20)
        for job in jobs:
            with self.app.app_context():
                runner.run(self.deps, job)
        return len(jobs)


def renew(app: Flask) -> None:
    """Gateways and an engine that remember nothing, as after a start; the doors stay hung."""
    settings = app.extensions["musubi"].settings
    wire_dependencies(app, settings, None)
    wire_engine(app, settings)
    app.extensions["musubi_load_gauge"] = LoadGauge()


def make_app(settings: Settings) -> Flask:
    """The application as `app.py` makes it, told that a test is looking."""
    app = create_app(settings)
    app.testing = True
    return app


@contextlib.contextmanager
def sql_of(world: World) -> Iterator[list[str]]:
    """The SQL that Musubi sends meanwhile. What the sandbox still had to say has arrived before."""
    world.sandbox.quiet()
    yield from _sql(world, lambda: True)


@contextlib.contextmanager
def own_sql(world: World) -> Iterator[list[str]]:
    """The SQL that this thread alone sends meanwhile."""
    this = threading.get_ident()
    yield from _sql(world, lambda: threading.get_ident() == this)


def _sql(world: World, is_meant: Callable[[], bool]) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # PostgreSQL counts a table anew when it has doubled, whatever a page holds.
        if is_meant() and not statement.startswith(("PRAGMA", "BEGIN", "ANALYZE")):
            sent.append(statement)

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
