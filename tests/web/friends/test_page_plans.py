"""What a friend's page reads: a bounded number of statements, and no big table as a whole."""

import pytest

from plugin.services.linkage.link import unlink_manually
from tests.models.plans import Sent, asked, scanned
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


def sent_for(world: World, tenant: Tenant, path: str) -> Sent:
    """Every statement of a page, with its values."""
    with asked(world) as sent:
        assert tenant.walker.go(f"{world.url}{path}").status == 200
    return sent


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
