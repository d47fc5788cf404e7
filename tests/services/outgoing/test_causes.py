"""Taps, answers and ended broadcasts are told as they happen; people who are forgotten are not."""

import json
import re

import pytest
import requests
from sqlalchemy import func, select

from plugin.models import EventDelivery, Installation, LineRelay, OutgoingEvent, db
from plugin.models import WebhookReceiver as Receiver
from plugin.services.broadcasts.start import cancel
from plugin.services.connections.connection import switch_mode
from plugin.services.outgoing.relay import set_relay
from tests.actions.questions.asking import asked, hear, run_out, tapped, typed
from tests.gateways.scripted_server import Reply, ScriptedServer
from tests.services.broadcasts.planned import begin, draft, found, sent
from tests.services.outgoing.receiving import PATH, listen, received
from tests.support.crowd import gather
from tests.support.people import linked
from tests.support.portal import Portal
from tests.support.world import ALICE, BOB, Tenant, World
from tests.webhooks.test_line import USER, event, post

pytestmark = pytest.mark.both_databases
LINK = {"type": "text", "text": "https://example.com/sale for {{ contact.email }}"}


def test_a_broadcast_that_has_ended_and_one_that_was_cancelled(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    listen(world, alice, hooks.url + PATH, "broadcast.finished")
    gather(world, alice, 3, contacts=False)
    finished, dropped = sent(world, alice), draft(world, alice, per_minute=1)
    begin(world, dropped)
    world.work()
    with world.app.app_context():
        cancel(found(dropped))
    world.work()
    told = {one["data"]["broadcast"]: one["data"] for one in received(hooks)}
    common = {"official_account": str(alice.account_id), "name": "Sale"}
    assert told == {
        str(finished): {**common, "broadcast": str(finished), "state": "finished"},
        str(dropped): {**common, "broadcast": str(dropped), "state": "cancelled"},
    }


def test_a_merge_moves_the_link(world: World, alice: Tenant, hooks: ScriptedServer) -> None:
    listen(world, alice, hooks.url + PATH, "friend.moved")
    linked(world, alice, BOB, user_id=USER)
    world.work()
    portal = Portal(world, alice)
    survivor = portal.merge(ALICE, BOB)
    portal.until(lambda: portal.tied() == {survivor: USER})
    world.work()
    [told] = received(hooks)
    assert told["data"]["from_contact_id"] == str(BOB)
    assert told["data"]["contact_id"] == str(survivor)


def test_a_tapped_link(world: World, alice: Tenant, hooks: ScriptedServer) -> None:
    listen(world, alice, hooks.url + PATH, "link.tapped")
    gather(world, alice, 1)
    broadcast_id = sent(world, alice, LINK)
    rows = world.sandbox.control("GET", "/deliveries")["deliveries"]
    [url] = re.findall(r"http\S+/r/\S+", json.dumps(rows[0]["messages"]).replace('"', " "))
    requests.get(url, headers={"User-Agent": "Mozilla/5.0"}, timeout=30, allow_redirects=False)
    world.work()
    [told] = received(hooks)
    assert told["data"]["broadcast"] == str(broadcast_id)
    assert told["data"]["url"] == "https://example.com/sale"
    assert told["data"]["contact_id"] is not None


def test_an_answer_in_time_and_a_late_one(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    listen(world, alice, hooks.url + PATH, "answer.given")
    friend_id = asked(world, alice)
    hear(world, friend_id, tapped(world, 1))
    hear(world, friend_id, tapped(world, 0))
    world.work()
    [told] = received(hooks)
    assert (told["data"]["answer"], told["data"]["late"]) == ("No thanks", False)
    assert told["data"]["callback_id"]


def test_an_answer_after_the_time_out_is_late(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    listen(world, alice, hooks.url + PATH, "answer.given")
    friend_id = asked(world, alice)
    run_out(world)
    for _ in range(2):
        hear(world, friend_id, typed("yes"), late=True)
    world.work()
    assert [(one["data"]["answer"], one["data"]["late"]) for one in received(hooks)] == [
        ("Yes", True)
    ]


def test_whoever_writes_for_the_first_time_is_told_of_too(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    listen(world, alice, hooks.url + PATH, "message.received")
    post(world, alice, [event("message", 5000, message={"type": "sticker", "id": "7"})])
    world.work()
    [told] = received(hooks)
    assert (told["data"]["line_user_id"], told["data"]["contact_id"]) == (USER, None)


def test_a_forgotten_person_is_in_no_event_but_the_unlinking_is_told(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    listen(world, alice, hooks.url + PATH)
    portal = Portal(world, alice)
    friend_id, _ = linked(world, alice, user_id=USER)
    world.work()
    hooks.seen.clear()
    hooks.on("POST", PATH, Reply(500, USER.encode()), Reply(200, USER.encode()))
    portal.tell({"subscriptionType": "contact.privacyDeletion"})
    world.work(ahead=60)
    told = received(hooks)[-1]
    ids = {"official_account": str(alice.account_id), "friend": str(friend_id)}
    assert (told["type"], told["data"]) == ("friend.unlinked", {**ids, "erased": True})
    with world.app.app_context():
        stored = [row.data for row in db.session.scalars(select(OutgoingEvent))]
        answers = db.session.scalars(select(EventDelivery.answer)).all()
    assert USER not in str(stored)
    assert str(ALICE) not in str(stored)
    assert answers[0] == ""


def test_a_removal_of_hubspot_ends_receivers_and_relays(
    world: World, alice: Tenant, hooks: ScriptedServer
) -> None:
    listen(world, alice, hooks.url + PATH)
    linked(world, alice, user_id=USER)
    world.work()
    with world.app.app_context():
        set_relay(world.deps, world.account(alice), hooks.url + "/line")
        assert switch_mode(db.session.get_one(Installation, alice.installation_id), "remove")
    world.work()
    hooks.seen.clear()
    wrote = event("message", 5000, message={"type": "text", "id": "7", "text": "x"})
    post(world, alice, [wrote])
    world.work()
    assert hooks.seen == []
    with world.app.app_context():
        for model in (Receiver, OutgoingEvent, EventDelivery, LineRelay):
            assert db.session.scalar(select(func.count()).select_from(model)) == 0
