"""Pages of a tenant with 100,000 friends and a million deliveries: few statements, no full scan.

Rows that the database reads are counted by the database itself: SQLite counts the steps of its
virtual machine, PostgreSQL the rows that scans of whole tables read. A scan of one of the large
tables costs more than a page may.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from plugin.models import db
from plugin.models.transaction import transaction
from plugin.services.segments.library import create_segment
from tests.browser.places import team_pages
from tests.support.world import Tenant, World

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]

# The most that a page may ask for, and read.
STATEMENTS, SQLITE_STEPS, SCANNED_ROWS = 60, 250_000, 30_000
HTML_BYTES = 60_000
STEPS_A_CALL = 1_000

# Row n of each table; `numbers` holds 1 to a million.
FILL = """
INSERT INTO friend (id, official_account_id, line_user_id, display_name, picture_url, language,
    status, status_at, profile_at, last_received_at, created_at)
  SELECT n + 1000, :account, 'U' || (n + 1000), 'Person ' || n, '', 'ja',
    CASE WHEN n % 10 = 0 THEN 'blocked' ELSE 'following' END, '2026-11-01 00:00:00',
    '2026-11-01 00:00:00', '2026-11-01 00:00:00', '2026-11-01 00:00:00'
  FROM numbers WHERE n <= 100000;
INSERT INTO contact (id, installation_id, contact_id, email, firstname, lastname, mirror_wanted,
    mirror_done, mirror_owed, mirror_error)
  SELECT n + 1000, :tenant, n + 5000000, 'person' || n || '@example.test', 'Person', 'No' || n,
    0, 0, false, ''
  FROM numbers WHERE n <= 50000;
INSERT INTO linkage (id, official_account_id, friend_id, contact_row_id, method, linked_at)
  SELECT n + 1000, :account, n + 1000, n + 1000, 'qr', '2026-11-01 00:00:00'
  FROM numbers WHERE n <= 50000;
INSERT INTO delivery (id, official_account_id, friend_id, retry_key, messages, silent, filling,
    state, result, error, message_ids, line_request_id, created_at, settled_at, maybe_sent)
  SELECT n + 1000, :account, n % 100000 + 1001, 'k' || n, '[]', false, '', 'accepted', 'sent', '',
    '[]', '', '2026-11-01 00:00:00', '2026-11-01 00:00:00', true
  FROM numbers;
INSERT INTO conversation (id, official_account_id, friend_id, state, unread, last_at,
    last_direction, last_kind, last_text, read_token, created_at, changed_at)
  SELECT n + 1000, :account, n + 1000, CASE WHEN n % 3 = 0 THEN 'closed' ELSE 'open' END, n % 2,
    '2026-11-01 00:00:00', 'in', 'text', 'Hello', '', '2026-11-01 00:00:00',
    '2026-11-01 00:00:00'
  FROM numbers WHERE n <= 20000;
INSERT INTO conversation_message (id, conversation_id, direction, at, kind, text, payload,
    line_message_id, content_state)
  SELECT n + 1000, n % 20000 + 1001, 'in', '2026-11-01 00:00:00', 'text', 'Hello', '[]',
    'm' || n, ''
  FROM numbers WHERE n <= 200000;
INSERT INTO search_term (friend_id, term, installation_id)
  SELECT n + 1000, 'person', :tenant FROM numbers WHERE n <= 100000;
INSERT INTO activity (official_account_id, measure, day, n)
  SELECT :account, 'friends', '2020-01-01', 100000 FROM numbers WHERE n = 1;
DELETE FROM search_pending;
INSERT INTO tag (id, installation_id, name, friends, created_at)
  SELECT n + 1000, :tenant, 'Campaign of the year ' || n, 50, '2026-11-01 00:00:00'
  FROM numbers WHERE n <= 2000;
UPDATE tag SET name = 'third', friends = 33333 WHERE id = 1001;
UPDATE tag SET name = 'old', friends = 4000 WHERE id = 1002;
UPDATE tag SET name = 'rare', friends = 100 WHERE id = 1003;
INSERT INTO friend_tag (friend_id, tag_id, place)
  SELECT n + 1000, 1001, 1 FROM numbers WHERE n <= 100000 AND n % 3 = 0;
INSERT INTO friend_tag (friend_id, tag_id, place)
  SELECT n + 1000, 1002, 2 FROM numbers WHERE n <= 4000;
INSERT INTO friend_tag (friend_id, tag_id, place)
  SELECT n + 1000, 1003, 3 FROM numbers WHERE n <= 100000 AND n % 1000 = 0;
INSERT INTO friend_tag (friend_id, tag_id, place)
  SELECT n + 1000, 1010 + n % 1990, 4 FROM numbers WHERE n <= 100000;
ANALYZE
"""
# Carried by every third friend, by the oldest 4,000, by a hundred, by fifty, by nobody.
TAGS = ("third", "old", "rare", "Campaign of the year 50", "none")
SORTS = (
    "",
    "seen",
    "name",
    "-name",
    "message",
    "-message",
    "linked",
    "-linked",
    "change",
    "-change",
)
# What these pages are for is to count an audience, which is reading it, a few times at most.
COUNTING = {"/broadcasts/1": 3, "/broadcasts/1/check": 3, "/broadcasts/1/people": 3}
AUDIENCE_STEPS, AUDIENCE_ROWS = 2_500_000, 110_000
# Everybody who fits stands at the end of such an order, which is read up to them.
AT_THE_END = (
    "/friends?linked=no&sort=seen",
    "/friends?status=unknown&sort=name",
    "/friends?tag=third&linked=yes&sort=-message",
)
NUMBERS = {
    "sqlite": (
        "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted"
        " WHERE n < 1000000) SELECT n FROM counted"
    ),
    "postgresql": "SELECT generate_series(1, 1000000) AS n",
}


@pytest.fixture
def paths(world: World, alice: Tenant) -> list[str]:
    """The pages of a tenant that has one of everything, and then very many of some."""
    paths = team_pages(world, alice)
    values = {"account": alice.account_id, "tenant": alice.installation_id}
    with world.app.app_context(), transaction() as session:
        if db.engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(text(f"CREATE TEMP TABLE numbers AS {NUMBERS[db.engine.dialect.name]}"))
        for statement in FILL.split(";"):
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            session.execute(text(statement), named)
        session.execute(text("DROP TABLE numbers"))
    return paths


def test_every_page_and_every_order_reads_little_of_very_much(
    world: World, alice: Tenant, paths: list[str]
) -> None:
    """One test, since the rows take longer than all the pages."""
    searches = ["/friends?q=person", "/friends?q=person+99", "/friends?linked=yes&status=blocked"]
    tags = ["/friends/tags/known?q=year+1", "/friends?tag=rare&q=person"]
    too_much = excesses(world, alice, [*paths, *searches, *tags])
    too_much += excesses(world, alice, sorted(_lists_of_tags(world, alice) - set(AT_THE_END)))
    too_much += excesses(world, alice, AT_THE_END, readings=1)
    assert not too_much, "\n".join(too_much)


def _lists_of_tags(world: World, tenant: Tenant) -> set[str]:
    """Lists of friends by tag and by segment, in every order."""
    with world.app.app_context():
        account = world.account(tenant)
        segments = [create_segment(account, name, _carries(name)).id for name in TAGS]
        rest = create_segment(account, "Rest", {"none": [_carries("third"), _carries("rare")]}).id
    filters = [f"tag={name}" for name in TAGS]
    filters += [f"segment={segment_id}" for segment_id in (*segments, rest)]
    filters += ["tag=third&linked=yes", "tag=third&status=blocked", "tag=rare&linked=no"]
    return {f"/friends?{each}&sort={sort}" for each in filters for sort in SORTS}


def _carries(name: str) -> dict[str, Any]:
    return {"field": "friend.tag", "op": "is", "value": name}


def excesses(world: World, tenant: Tenant, paths: Iterable[str], readings: int = 0) -> list[str]:
    """Which of the pages exceed which limits. `readings`: how often each may read its audience."""
    found = []
    for path in paths:
        with counted(world) as cost:
            answer = tenant.walker.session.get(world.url + path)
        assert answer.status_code < 500, path
        excess = cost.excess(len(answer.content), readings or COUNTING.get(path, 0))
        if excess:
            found.append(f"{path}: {excess}")
    return found


@dataclass
class Cost:
    """What a page asked of the database; `steps` of SQLite by statement, `scanned` PostgreSQL's."""

    statements: list[str] = field(default_factory=list)
    steps: Counter[str] = field(default_factory=Counter)
    scanned: int = 0

    def excess(self, size: int, readings: int) -> str:
        """Return the limits that the page exceeds, "" for none. `readings`: how often it may read
        its audience."""
        found = {
            f"{len(self.statements)} statements": len(self.statements) > STATEMENTS,
            f"{size} bytes": size > HTML_BYTES,
            f"{self.scanned} rows scanned": self.scanned > SCANNED_ROWS + readings * AUDIENCE_ROWS,
            f"steps {self.steps.most_common(1)}": (
                self.steps.total() > SQLITE_STEPS + readings * AUDIENCE_STEPS
            ),
        }
        return ", ".join(name for name, is_exceeded in found.items() if is_exceeded)


@contextmanager
def counted(world: World) -> Iterator[Cost]:
    cost = Cost()

    def note(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("PRAGMA", "BEGIN")):
            return
        cost.statements.append(statement)
        raw = cursor.connection
        if hasattr(raw, "set_progress_handler"):
            raw.set_progress_handler(step, STEPS_A_CALL)
        else:
            # Otherwise PostgreSQL tells of it a second later.
            raw.execute("SELECT pg_stat_force_next_flush()")

    def step() -> None:
        cost.steps[cost.statements[-1]] += STEPS_A_CALL

    world.sandbox.quiet()
    with world.app.app_context():
        engine = db.engine
        before = _scanned(engine)
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield cost
    finally:
        event.remove(engine, "before_cursor_execute", note)
        with world.app.app_context():
            cost.scanned = _scanned(engine) - before


def _scanned(engine: Engine) -> int:
    if engine.dialect.name != "postgresql":
        return 0
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        rows = connection.execute(text("SELECT sum(seq_tup_read) FROM pg_stat_user_tables"))
        return int(rows.scalar() or 0)
