"""What a friend's page reads: a bounded number of statements, and no big table as a whole."""

from typing import Any

import pytest
from sqlalchemy import event, text

from plugin.models import db
from plugin.services.linkage.link import unlink_manually
from tests.support.people import friend_of, linked
from tests.support.world import Tenant, World
from tests.web.friends.test_timeline import changes

pytestmark = pytest.mark.both_databases
BIG = {
    "action_call", "broadcast", "contact", "conflict", "conversation", "conversation_message",
    "delivery", "friend", "friend_tag", "ledger_entry", "link_click", "linkage", "login_attempt",
    "question", "received_message", "recipient", "status_change", "visit_count", "webhook_event",
}  # fmt: skip
MOST = 32
Sent = list[tuple[str, Any]]


def sent_for(world: World, tenant: Tenant, path: str) -> Sent:
    """Every statement of a page, with its values."""
    sent: Sent = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append((statement, values))

    world.sandbox.quiet()
    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert tenant.walker.go(f"{world.url}{path}").status == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return sent


def scanned(world: World, sent: Sent) -> set[str]:
    """The tables that the database reads as a whole, though it tries not to."""
    found = set()
    with world.app.app_context(), db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain, mark = ("EXPLAIN QUERY PLAN", "SCAN ") if sqlite else ("EXPLAIN", "Seq Scan on ")
        for statement, values in sent:
            for row in connection.exec_driver_sql(f"{explain} {statement}", values):
                step = str(row[-1])
                if mark in step and "USING INDEX" not in step:
                    found.add(step.partition(mark)[2].split()[0])
    return found


@pytest.mark.parametrize("more", ["", "?before=2026-01-01T00:00:00%2B00:00", "/why", "/link"])
@pytest.mark.parametrize("is_linked", [True, False])
def test_no_big_table_is_read_as_a_whole(
    world: World, alice: Tenant, more: str, is_linked: bool
) -> None:
    friend_id, _ = linked(world, alice)
    if not is_linked:
        with world.app.app_context():
            linkage = friend_of(friend_id).linkage
            assert linkage is not None
            unlink_manually(linkage, "test")
    sent = sent_for(world, alice, f"/friends/{friend_id}{more}")
    assert not scanned(world, sent) & BIG
    assert len(sent) <= MOST, len(sent)


def test_more_events_take_no_more_statements(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    few = len(sent_for(world, alice, f"/friends/{friend_id}"))
    changes(world, friend_id, 200)
    assert len(sent_for(world, alice, f"/friends/{friend_id}")) == few
