"""What the list of friends reads of ten thousand: a bounded number of statements, and no big table
as a whole."""

import pytest
from sqlalchemy import text

from plugin.models.transaction import transaction
from tests.models.plans import scanned
from tests.support.world import Tenant, World
from tests.web.friends.test_page_plans import BIG, sent_for
from tests.web.friends.test_tags import crowd
from tests.web.test_many_rows import counted

pytestmark = pytest.mark.both_databases
COUNT, MOST, LARGEST = 10_000, 16, 60_000
# Of SQLite: to sort everybody takes more.
STEPS = 60_000
SORTS = ("seen", "name", "-name", "message", "-message", "linked", "-linked", "change", "-change")
AT = "at=2026-01-01T00:00:00%2B00:00"
QUERIES = [
    "",
    *(f"sort={sort}" for sort in SORTS),
    "linked=yes",
    "linked=no",
    "status=blocked",
    "status=unknown&sort=name",
    "linked=yes&status=following&sort=-message",
    "sort=name&before=5000",
    f"sort=-linked&before=5000&{AT}",
    f"sort=-message&before=5000&{AT}",
    "sort=-message&before=5000",
    *(f"tag={tag}&sort={sort}" for tag in ("third", "few", "none") for sort in ("", *SORTS)),
    "tag=third&linked=yes",
    "tag=third&before=5000",
    "tag=few&sort=-message&before=5000",
]
# Every second friend is linked; every third wrote and carries a tag, every hundredth another.
FILL = """
INSERT INTO contact (id, installation_id, contact_id, email, firstname, lastname, mirror_wanted,
    mirror_done, mirror_owed, mirror_error)
  SELECT id, :tenant, id, '', '', '', 0, 0, false, '' FROM friend WHERE id % 2 = 0;
INSERT INTO linkage (id, official_account_id, friend_id, contact_row_id, method, linked_at)
  SELECT id, :account, id, id, 'qr', '2026-01-01 00:00:00' FROM friend WHERE id % 2 = 0;
UPDATE friend SET last_received_at = '2026-01-01 00:00:00' WHERE id % 3 = 0;
INSERT INTO tag (id, installation_id, name, friends, created_at)
  VALUES (1, :tenant, 'third', 9000, '2026-01-01 00:00:00'),
    (2, :tenant, 'few', 100, '2026-01-01 00:00:00');
INSERT INTO friend_tag (friend_id, tag_id, place) SELECT id, 1, 1 FROM friend WHERE id % 3 = 0;
INSERT INTO friend_tag (friend_id, tag_id, place) SELECT id, 2, 2 FROM friend WHERE id % 100 = 0;
ANALYZE
"""


def test_no_order_and_no_filter_reads_everybody(world: World, alice: Tenant) -> None:
    crowd(world, alice, COUNT)
    values = {"tenant": alice.installation_id, "account": alice.account_id}
    with world.app.app_context(), transaction() as session:
        for statement in FILL.split(";"):
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            session.execute(text(statement), named)
    for query in QUERIES:
        sent = sent_for(world, alice, f"/friends?{query}")
        assert not scanned(world, sent) & BIG, query
        assert len(sent) <= MOST, query
        assert len(alice.walker.page.html.encode()) < LARGEST, query
        with counted(world) as cost:
            alice.walker.go(f"{world.url}/friends?{query}")
        assert cost.steps.total() < STEPS, (query, cost.steps.most_common(1))
