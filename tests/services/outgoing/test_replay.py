"""Replay is bounded, and refused where nothing would be sent; a receiver that is gone is not
found."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from plugin.core.clock import rfc3339, utcnow
from plugin.models import EventDelivery, WebhookReceiver, db
from plugin.models.transaction import transaction
from plugin.services.outgoing.receivers import remove
from tests.api.client import Program
from tests.api.test_webhooks import hers
from tests.gateways.scripted_server import ScriptedServer
from tests.services.outgoing.receiving import PATH, ids, listen, states
from tests.services.outgoing.test_send import tell
from tests.support.world import Tenant, World

__all__ = ["hers"]
pytestmark = pytest.mark.both_databases


def period() -> dict[str, str]:
    now = utcnow()
    span = timedelta(hours=1)
    return {"start": str(rfc3339(now - span)), "end": str(rfc3339(now + span))}


def told(world: World, alice: Tenant, hooks: ScriptedServer, number: int) -> int:
    """A receiver that took so many events."""
    receiver_id = listen(world, alice, hooks.url + PATH, "message.received")
    for each in range(number):
        tell(world, alice, each)
    world.work()
    hooks.seen.clear()
    return receiver_id


def given_up(world: World) -> None:
    with world.app.app_context(), transaction() as session:
        session.execute(update(EventDelivery).values(state="given_up"))


def test_one_call_replays_so_many_and_no_more(
    world: World,
    alice: Tenant,
    hers: Program,
    hooks: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("plugin.services.outgoing.replay.MOST_AT_ONCE", 3)
    monkeypatch.setattr("plugin.services.outgoing.replay.BATCH_SIZE", 2)
    path = f"/webhooks/{told(world, alice, hooks, 5)}/replay"
    refused = hers.ask("POST", path, period())
    assert refused.status_code == 422
    assert "more than 3 events" in refused.text
    world.work()
    assert hooks.seen == []
    given_up(world)
    assert [hers.ask("POST", path, {}).json["replayed"] for _ in range(3)] == [3, 2, 0]
    world.work()
    assert len(ids(hooks)) == 5


def test_a_receiver_that_is_off_replays_nothing(
    world: World, alice: Tenant, hers: Program, hooks: ScriptedServer
) -> None:
    receiver_id = told(world, alice, hooks, 2)
    path = f"/webhooks/{receiver_id}"
    delivery = hers.results(f"{path}/deliveries")[0]["id"]
    hers.ask("PATCH", path, {"active": False})
    bodies: list[tuple[str, dict[str, Any]]] = [
        (f"{path}/replay", {}),
        (f"{path}/replay", period()),
        (f"/webhook-deliveries/{delivery}/replay", {}),
    ]
    for address, body in bodies:
        refused = hers.ask("POST", address, body or None)
        assert (refused.status_code, refused.json["code"]) == (409, "switched_off")
    assert states(world, receiver_id) == ["delivered"] * 2


def test_a_receiver_that_somebody_removed_is_not_found(
    world: World, alice: Tenant, hers: Program, hooks: ScriptedServer
) -> None:
    receiver_id = told(world, alice, hooks, 1)
    path = f"/webhooks/{receiver_id}"
    [delivery] = hers.results(f"{path}/deliveries")
    with world.app.app_context():
        remove(db.session.get_one(WebhookReceiver, receiver_id))
    for method, address, body in (
        ("GET", path, None),
        ("PATCH", path, {"active": True}),
        ("POST", f"{path}/secret", None),
        ("POST", f"{path}/test", None),
        ("POST", f"{path}/replay", {}),
        ("DELETE", path, None),
        ("GET", f"/webhook-deliveries/{delivery['id']}", None),
        ("POST", f"/webhook-deliveries/{delivery['id']}/replay", None),
    ):
        assert hers.ask(method, address, body).status_code == 404, address
    assert hers.results("/webhooks") == []
