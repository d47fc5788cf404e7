"""What was sent, as programs see it."""

import pytest

from tests.actions.calls import befriended, queued, send
from tests.api.client import program
from tests.support.people import line_user
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def test_deliveries_are_listed_newest_first_and_looked_at(world: World, alice: Tenant) -> None:
    friend_id = befriended(world, alice)
    send(world, {"text": "First"}, callback="ap-1")
    queued(world, alice, friend_id)
    api = program(world, alice)
    waiting, sent = api.results("/deliveries")
    assert (waiting["state"], waiting["callback_id"]) == ("planned", None)
    assert (sent["state"], sent["result"], sent["callback_id"]) == ("accepted", "sent", "ap-1")
    assert sent["line_user_id"] == line_user("charlie")
    assert "messages" not in sent
    whole = api.get(f"/deliveries/{sent['id']}")
    assert whole["messages"] == [{"type": "text", "text": "First"}]
    assert whole["message_ids"]


def test_deliveries_are_narrowed(world: World, alice: Tenant) -> None:
    friend_id = befriended(world, alice)
    send(world, {"text": "First"})
    api = program(world, alice)
    for query, found in [
        (f"?friend={friend_id}", 1),
        ("?friend=999", 0),
        (f"?official_account={alice.account_id}&state=accepted", 1),
        ("?state=planned", 0),
        ("?limit=1", 1),
    ]:
        assert len(api.results(f"/deliveries{query}")) == found, query
    assert api.ask("GET", "/deliveries?state=nonsense").status_code == 422


def test_another_tenants_deliveries_are_not_there(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    befriended(world, alice)
    send(world, {"text": "First"})
    api = program(world, charlie)
    assert api.results("/deliveries") == []
    assert api.ask("GET", "/deliveries/1").status_code == 404
