"""Where a talk is open a message goes as a free reply, once, whatever becomes of the answer."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import Broadcast, Delivery, Friend, Recipient, WebhookEvent, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.results import results_of
from plugin.services.sending.deliver import deliver
from tests.actions.calls import arrived, befriended, send
from tests.services.broadcasts.planned import PERSONAL
from tests.services.broadcasts.planned import sent as sent_broadcast
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases
REPLY = "/v2/bot/message/reply"


@pytest.fixture
def talk(world: World, alice: Tenant) -> int:
    """Charlie, who follows the account, has just written to it; answers the friend's row."""
    friend_id = befriended(world, alice)
    write(world)
    return friend_id


def write(world: World) -> None:
    message = {"type": "text", "id": "1", "text": "Hello?"}
    event = {"type": "message", "user": "charlie", "message": message}
    world.sandbox.control("POST", "/line-events", {"events": [event]})
    world.work()


def kinds(world: World) -> list[str]:
    return [row["kind"] for row in arrived(world)]


def used(world: World, tenant: Tenant) -> int:
    with world.app.app_context():
        channel = world.account(tenant).channel_id
    found = world.sandbox.control("POST", "/quota", {"channel": channel})
    return int(found["used"])


def only_delivery(world: World) -> Delivery:
    with world.app.app_context():
        return db.session.scalars(select(Delivery)).one()


def test_the_first_message_is_a_reply_and_the_second_a_push(
    world: World, alice: Tenant, talk: int
) -> None:
    assert send(world, {"text": "Hi"}, callback="one")["result"] == "sent"
    assert used(world, alice) == 0
    assert send(world, {"text": "Again"}, callback="two")["result"] == "sent"
    assert kinds(world) == ["reply", "push"]
    assert used(world, alice) == 1


def test_an_old_talk_is_over(world: World, alice: Tenant, talk: int) -> None:
    with world.app.app_context(), transaction():
        old = utcnow() - timedelta(seconds=51)
        db.session.execute(update(Friend).values(last_received_at=old))
    assert send(world, {"text": "Hi"})["result"] == "sent"
    assert kinds(world) == ["push"]


def test_a_token_that_line_takes_no_more_costs_only_the_push(
    world: World, alice: Tenant, talk: int
) -> None:
    world.sandbox.fail(REPLY, {"status": 400, "body": {"message": "Invalid reply token"}})
    outputs = send(world, {"text": "Hi"})
    assert (outputs["result"], kinds(world)) == ("sent", ["push"])
    assert only_delivery(world).reply_token == ""


def test_a_lost_answer_stays_unknown_and_nothing_is_sent_again(
    world: World, alice: Tenant, talk: int
) -> None:
    world.sandbox.fail(REPLY, "lost", times=1)
    outputs = send(world, {"text": "Hi"})
    assert outputs["result"] == "failed"
    world.work(ahead=600)
    assert kinds(world) == ["reply"]
    assert only_delivery(world).state == "unknown"


def test_a_worker_that_died_in_its_call_is_not_repeated(
    world: World, alice: Tenant, talk: int
) -> None:
    send(world, {"text": "Hi"})
    with world.app.app_context():
        with transaction():
            values = {"state": "sending", "settled_at": None, "maybe_sent": True}
            db.session.execute(update(Delivery).values(values))
        db.session.expire_all()
        deliver(world.deps, db.session.scalars(select(Delivery.id)).one())
        assert db.session.scalars(select(Delivery.state)).one() == "unknown"
    assert kinds(world) == ["reply"]


def test_without_a_token_it_is_a_push(world: World, alice: Tenant, talk: int) -> None:
    with world.app.app_context(), transaction():
        for event in db.session.scalars(select(WebhookEvent)):
            event.payload = {**event.payload, "replyToken": None}
    send(world, {"text": "Hi"})
    assert kinds(world) == ["push"]


def test_a_personal_broadcast_replies_where_a_talk_is_open(
    world: World, alice: Tenant, talk: int
) -> None:
    broadcast_id = sent_broadcast(world, alice, PERSONAL)
    assert kinds(world) == ["reply"]
    with world.app.app_context():
        assert db.session.scalars(select(Recipient.state)).one() == "sent"
        results = results_of(db.session.get_one(Broadcast, broadcast_id))
    assert (results.sent, results.free_replies) == (1, 1)
