"""A database of version 0.1, with work pending, is brought up to date and goes on."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from plugin.core.clock import utcnow
from plugin.migrating import upgrade_database
from plugin.models import Conflict, Friend, Job, Linkage, OfficialAccount, db
from plugin.models.people.linkage_entry import HistoryEntry
from tests.services.system.counts import kept, there, without_methods
from tests.support.databases import Copies, PostgresCopies, SQLiteCopies
from tests.support.people import line_user
from tests.support.world import ALICE, Socket, Tenant, World, make_app, settings_for

pytestmark = pytest.mark.both_databases
KEPT: dict[str, Any] = json.loads(
    Path(__file__).with_name("version_0_1.json").read_text(encoding="utf-8")
)
# What belongs to the moment: the tokens that HubSpot knows, where LINE sends its webhooks, and what
# this run's key has encrypted.
OF_NOW = {
    "installation": ("access_token", "refresh_token"),
    "official_account": ("webhook_key", "channel_secret", "login_channel_secret"),
}


@pytest.fixture
def moved(
    world: World, alice: Tenant, copies: Copies, musubi_socket: Socket, tmp_path: Path
) -> Iterator[World]:
    """Musubi on a database that the version before has left."""
    old = SQLiteCopies(tmp_path) if isinstance(copies, SQLiteCopies) else PostgresCopies()
    settings = settings_for(musubi_socket.url, world.sandbox.url, old.template_url, tmp_path)
    app = make_app(settings)
    try:
        with app.app_context():
            upgrade_database(revision=KEPT["revision"])
        fill(app, of_now(world.app))
        with app.app_context():
            upgrade_database()
        musubi_socket.app = app
        yield World(app, musubi_socket.url, world.sandbox, dict(world.tenants))
        musubi_socket.empty()
    finally:
        with app.app_context():
            db.engine.dispose()
        old.close()


def of_now(app: Flask) -> dict[str, dict[str, Any]]:
    """The columns of `OF_NOW` as a fresh installation has them, still encrypted."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            table: dict(
                connection.execute(sa.text(f"SELECT {', '.join(names)} FROM {table}"))  # noqa: S608
                .mappings()
                .one()
            )
            for table, names in OF_NOW.items()
        }


def fill(app: Flask, of_now: dict[str, dict[str, Any]]) -> None:
    """Put the kept rows in, as if they had been written a moment ago."""
    since = utcnow() - datetime.fromisoformat(KEPT["made_at"])
    with app.app_context(), db.engine.begin() as connection:
        known = sa.MetaData()
        known.reflect(connection)
        for table in known.sorted_tables:
            rows = KEPT["tables"].get(table.name, [])
            for row in rows:
                values = {
                    column.name: _value(column, row[column.name], since) for column in table.columns
                }
                connection.execute(table.insert().values(values | of_now.get(table.name, {})))
            if rows and connection.dialect.name == "postgresql" and "id" in table.columns:
                _count_on(connection, table.name)


def _value(column: sa.Column[Any], value: Any, since: timedelta) -> Any:
    if value is None:
        return None
    if isinstance(column.type, sa.DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC) + since
    if isinstance(column.type, sa.Boolean):
        return bool(value)
    if isinstance(column.type, sa.JSON):
        return json.loads(value)
    if column.name.endswith("_ms"):
        return value + int(since.total_seconds() * 1000)
    return value


def _count_on(connection: sa.Connection, table: str) -> None:
    """The next row's id follows the last."""
    counter = f"pg_get_serial_sequence('{table}', 'id')"
    connection.execute(
        sa.text(f"SELECT setval({counter}, (SELECT max(id) FROM {table}))")  # noqa: S608
    )


def test_what_was_pending_is_done_once(moved: World) -> None:
    moved.work()
    arrived = moved.sandbox.control("GET", "/deliveries")["deliveries"]
    texts = [one["messages"][0]["text"] for one in arrived]
    assert texts == ["Kept over the move"]
    assert moved.sandbox.contact(ALICE)["line_user_id"] == line_user("charlie")
    with moved.app.app_context():
        friend = db.session.query(Friend).filter_by(line_user_id=line_user("charlie")).one()
        assert friend.last_received_at is not None
        # The access token is renewed when it is about to end.
        assert {job.kind for job in db.session.query(Job) if not job.failed} == {"refresh_token"}


def test_what_people_have_to_decide_still_waits_for_them(moved: World, alice: Tenant) -> None:
    moved.work()
    with moved.app.app_context():
        assert db.session.query(Linkage).one().contact.contact_id == ALICE
        assert db.session.query(Conflict).one().decision == "contact_taken"
        assert {entry.event_type for entry in db.session.query(HistoryEntry)} == {
            "linked",
            "conflict",
        }
        failed = db.session.scalars(Job.failed_of(alice.installation_id)).one()
        assert (failed.kind, failed.key) == ("read_quota", "999999")


def test_what_was_there_is_counted(moved: World) -> None:
    with moved.app.app_context():
        for account_id in db.session.scalars(sa.select(OfficialAccount.id)):
            found = kept(account_id)
            assert without_methods(found) == there(account_id)
            assert found["linked"] == sum(n for name, n in found.items() if ":" in name)
