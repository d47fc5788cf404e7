"""A database that is locked, full or not ours: every door says so in time, and nothing is lost."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import event, func, select, text

from plugin.core.clock_watch import platform_clocks
from plugin.models import WebhookEvent, db
from plugin.models.database_files import sqlite_file
from plugin.models.revision import newest_revision
from plugin.models.transaction import transaction
from plugin.services.system import readiness
from plugin.services.system.readiness import Readiness
from tests.api.client import program
from tests.support.databases import _plain
from tests.support.signing import hubspot_post
from tests.support.signing import line_post as signed_by_line
from tests.support.world import ALICE, PORTAL, Tenant, World
from tests.webhooks.test_line import event as line_event
from tests.webhooks.test_line import post as line_post

pytestmark = pytest.mark.both_databases


def database(world: World) -> tuple[Path | None, str]:
    """The file, where there is one, and the address."""
    with world.app.app_context():
        url = world.deps.settings.database_url
    return sqlite_file(url), url


@contextmanager
def locked(world: World) -> Iterator[None]:
    """Another process writes, and does not come to an end."""
    file, url = database(world)
    if file is not None:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    # Reading has to wait as well, as for some migrations.
    with psycopg.connect(_plain(url)) as other:
        for table in ("webhook_event", "action_call", "installation"):
            other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def action(world: World, name: str = "send-message", **more: Any) -> requests.Response:
    """An execution of a workflow action."""
    body = {
        "callbackId": "callback",
        "origin": {"portalId": PORTAL},
        "object": {"objectId": ALICE},
        "inputFields": {"text": "Hello"},
        **more,
    }
    return hubspot_post(f"{world.url}/hubspot/actions/{name}", body)


def webhook(world: World, filler: str = "") -> requests.Response:
    """An event of HubSpot's."""
    told = {
        "portalId": PORTAL,
        "objectId": ALICE,
        "subscriptionType": "object.propertyChange",
        "propertyName": "line_user_id",
        "eventId": 1,
        "occurredAt": 1790000000000,
        "filler": filler,
    }
    return hubspot_post(f"{world.url}/hubspot/webhooks", [told])


def kept(world: World) -> int:
    """How many events are stored."""
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(WebhookEvent)) or 0


def test_while_others_hold_the_lock_the_platforms_are_told_to_come_again(
    world: World, alice: Tenant
) -> None:
    before = kept(world)
    with world.app.app_context():
        account = world.account(alice)
    url = f"{world.url}/line/webhooks/{account.webhook_key}"
    body = {"destination": account.bot_user_id, "events": [line_event("follow")]}
    began = time.monotonic()
    with locked(world):
        assert signed_by_line(url, body, account.channel_secret).status_code == 503
        assert webhook(world).status_code == 503
        assert action(world).status_code == 503
    # SQLite's own patience is 15 s for each.
    assert time.monotonic() - began < 15
    assert line_post(world, alice, [line_event("follow")]).status_code == 200
    assert webhook(world).status_code == 200
    assert action(world).status_code == 200
    assert kept(world) == before + 2


@contextmanager
def full_disk(world: World) -> Iterator[None]:
    """SQLite gets not one page more."""
    file, _ = database(world)
    if file is None:
        pytest.skip("a full disk of PostgreSQL's is another machine's")
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (pages,) = other.execute("PRAGMA page_count").fetchone()

    def bound(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "connect", bound)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", bound)
        engine.dispose()


def test_on_a_full_disk_everybody_is_told_to_come_again_and_nothing_is_lost(
    world: World, alice: Tenant
) -> None:
    before, large = kept(world), "x" * 100_000
    told = line_event("message", message={"type": "text", "id": "1", "text": large})
    api = program(world, alice)
    template = {
        "name": "Large",
        "official_account": str(alice.account_id),
        "messages": [{"type": "text", "text": "x" * 4000}] * 5,
    }
    with full_disk(world):
        assert line_post(world, alice, [told]).status_code == 503
        assert webhook(world, large).status_code == 503
        problem = api.ask("POST", "/templates", template)
        assert (problem.status_code, problem.json["code"]) == (503, "unavailable")
        assert problem.headers["Retry-After"] == "5"
    assert kept(world) == before
    assert line_post(world, alice, [told]).status_code == 200
    assert webhook(world, large).status_code == 200
    assert kept(world) == before + 2
    assert api.ask("POST", "/templates", template).status_code == 201


def ready(world: World) -> tuple[int, str]:
    """What /readyz says when it looks anew."""
    world.app.extensions["musubi_readiness"] = Readiness()
    answer = requests.get(f"{world.url}/readyz", timeout=30)
    return answer.status_code, answer.text


def test_ready_is_who_has_everything(world: World, alice: Tenant) -> None:
    assert ready(world) == (200, "ready\n")


@pytest.mark.parametrize("revision", ["from_tomorrow", "first_tables"])
def test_tables_of_another_version_are_not_ready(world: World, revision: str) -> None:
    change = text("UPDATE alembic_version SET version_num = :revision")
    with world.app.app_context(), transaction() as session:
        session.execute(change, {"revision": revision})
    try:
        assert ready(world) == (503, "not ready: migrations\n")
    finally:
        with world.app.app_context(), transaction() as session:
            session.execute(change, {"revision": newest_revision()})
    assert ready(world) == (200, "ready\n")


def test_without_tables_nothing_is_ready(world: World) -> None:
    file, _ = database(world)
    if file is None:
        pytest.skip("the other tests' tables are in this database")
    with world.app.app_context():
        db.engine.dispose()
    for path in file.parent.glob("musubi.db*"):
        path.unlink()
    status, said = ready(world)
    assert status == 503
    assert said.startswith("not ready: migrations, keys, database")


def test_keys_that_open_nothing_are_not_ready(world: World, alice: Tenant) -> None:
    right = world.app.extensions["musubi_seal"]
    world.app.extensions["musubi_seal"] = MultiFernet([Fernet(Fernet.generate_key())])
    try:
        assert ready(world) == (503, "not ready: keys\n")
    finally:
        world.app.extensions["musubi_seal"] = right


def test_a_disk_that_is_nearly_full_is_not_ready(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "LEAST_FREE", 2**62)
    assert ready(world) == (503, "not ready: disk\n")


def test_a_database_that_takes_no_writes_is_not_ready(world: World) -> None:
    file, url = database(world)
    if file is None:
        name = url.rpartition("/")[2]
        with psycopg.connect(_plain(url), autocommit=True) as admin:
            admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    with world.app.app_context():
        db.engine.dispose()
    try:
        with locked(world) if file else closing(psycopg.connect(_plain(url))):
            assert ready(world) == (503, "not ready: database\n")
    finally:
        if file is None:
            with psycopg.connect(_plain(url), autocommit=True) as admin:
                admin.execute("SET default_transaction_read_only = off")
                admin.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        with world.app.app_context():
            db.engine.dispose()
    assert ready(world) == (200, "ready\n")


@pytest.fixture
def clocks() -> Iterator[None]:
    yield
    platform_clocks.note(time.time(), time.time())
    assert not platform_clocks.off_seconds


def test_a_clock_that_is_off_is_told_by_signatures(
    world: World, alice: Tenant, clocks: None
) -> None:
    for second in range(3):
        stamp = int((time.time() + 420 + second) * 1000)
        url = f"{world.url}/hubspot/webhooks"
        assert hubspot_post(url, [], timestamp=stamp).status_code == 401
    assert ready(world) == (503, "not ready: clock\n")
    # Who has not the secret tells nothing, and neither does who repeats a call.
    assert hubspot_post(url, [], timestamp=int(time.time() * 1000)).status_code == 200
    for _ in range(5):
        hubspot_post(url, [], secret="wrong", timestamp=stamp)
        hubspot_post(url, [], timestamp=stamp)
    assert ready(world) == (200, "ready\n")
