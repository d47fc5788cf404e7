"""Programs register receivers, read what these were told, and have it told again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from plugin.core.clock import rfc3339, utcnow
from plugin.models import OutgoingEvent, WebhookReceiver, db
from plugin.models.transaction import transaction
from tests.api.client import Program, program
from tests.gateways.scripted_server import Reply, ScriptedServer
from tests.services.outgoing.receiving import (
    PATH,
    ids,
    is_signed,
    private_allowed,
    received,
    server,
    time_passes,
)
from tests.support.people import linked
from tests.support.world import ALICE, BOB, Tenant, World

pytestmark = pytest.mark.both_databases


@pytest.fixture
def hers(world: World, alice: Tenant) -> Program:
    return program(world, alice)


@pytest.fixture
def hooks(world: World) -> Iterator[ScriptedServer]:
    with private_allowed(world), server() as scripted:
        yield scripted


def test_a_receiver_from_its_beginning_to_its_end(
    world: World, alice: Tenant, hers: Program, hooks: ScriptedServer
) -> None:
    url = hooks.url + PATH
    events = ["friend.unlinked", "friend.linked", "friend.linked"]
    made = hers.ask("POST", "/webhooks", {"url": url, "events": events})
    assert made.status_code == 201, made.text
    secret, path = made.json["secret"], f"/webhooks/{made.json['id']}"
    assert secret.startswith("whsec_")
    shown = hers.get(path)
    assert shown == {name: made.json[name] for name in made.json if name != "secret"}
    assert shown["events"] == ["friend.linked", "friend.unlinked"]
    assert hers.results("/webhooks") == [shown]
    linked(world, alice)
    world.work()
    [delivery] = hers.results(f"{path}/deliveries")
    assert (delivery["state"], delivery["status"], delivery["answer"]) == ("delivered", 200, "ok")
    assert delivery["event"] == ids(hooks)[0]
    assert delivery["next_try_at"] is None
    assert hers.get(f"/webhook-deliveries/{delivery['id']}")["body"] == received(hooks)[0]
    assert is_signed(secret, hooks.seen[0])
    assert hers.ask("PATCH", path, {"active": False}).json["active"] is False
    linked(world, alice, BOB, "U" + "b" * 32)
    world.work()
    assert len(hooks.seen) == 1
    assert hers.ask("DELETE", path).status_code == 204
    assert hers.ask("GET", path).status_code == 404
    assert hers.results("/webhooks") == []


def test_another_address_and_the_switch_are_stored_at_once(
    world: World, hers: Program, hooks: ScriptedServer
) -> None:
    body = {"url": hooks.url + PATH, "events": ["friend.linked"]}
    path = f"/webhooks/{hers.ask('POST', '/webhooks', body).json['id']}"
    stored = list[tuple[object, ...]]()
    with world.app.app_context():
        engine = db.engine

    def look(_: object) -> None:
        with engine.connect() as connection:
            rows = connection.execute(select(WebhookReceiver.url, WebhookReceiver.active))
            stored.extend(map(tuple, rows))

    event.listen(db.session, "after_commit", look)
    try:
        changed = hers.ask("PATCH", path, {"url": hooks.url + "/new", "active": False})
    finally:
        event.remove(db.session, "after_commit", look)
    assert (changed.json["url"], changed.json["active"]) == (hooks.url + "/new", False)
    assert set(stored) <= {(hooks.url + PATH, True), (hooks.url + "/new", False)}
    assert (hooks.url + "/new", False) in stored


def test_a_test_event_arrives_signed(world: World, hers: Program, hooks: ScriptedServer) -> None:
    body = {"url": hooks.url + PATH, "events": ["answer.given"]}
    made = hers.ask("POST", "/webhooks", body).json
    tried = hers.ask("POST", f"/webhooks/{made['id']}/test")
    assert tried.status_code == 202
    world.work()
    [told] = received(hooks)
    assert (told["type"], told["data"]) == ("webhook.test", {"receiver": made["id"]})
    assert hers.get(f"/webhook-deliveries/{tried.json['delivery']}")["state"] == "delivered"
    hers.ask("PATCH", f"/webhooks/{made['id']}", {"active": False})
    assert hers.ask("POST", f"/webhooks/{made['id']}/test").json["code"] == "switched_off"


def test_a_secret_is_shown_once_and_kept_nowhere_else(
    world: World, hers: Program, hooks: ScriptedServer
) -> None:
    body = {"url": hooks.url + PATH, "events": ["friend.linked"]}
    first = hers.ask("POST", "/webhooks", body, Idempotency_Key="once")
    again = hers.ask("POST", "/webhooks", body, Idempotency_Key="once")
    assert again.json == {**first.json, "secret": None}
    assert len(hers.results("/webhooks")) == 1
    rotated = hers.ask("POST", f"/webhooks/{first.json['id']}/secret", Idempotency_Key="new")
    assert rotated.json["secret"] != first.json["secret"]
    with world.app.app_context():
        for table in ("idempotent_call", "webhook_receiver"):
            rows = str(db.session.connection().exec_driver_sql(f"SELECT * FROM {table}").all())  # noqa: S608
            assert first.json["secret"] not in rows
            assert rotated.json["secret"] not in rows


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "ftp://example.com", "events": ["friend.linked"]}, "url"),
        ({"url": "https://example.com", "events": []}, "events"),
        ({"url": "https://example.com", "events": ["friend.eaten"]}, "events"),
        ({"url": "https://example.com", "events": ["webhook.test"]}, "events"),
        ({"events": ["friend.linked"]}, "url"),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    hers: Program, body: dict[str, object], field: str
) -> None:
    answer = hers.ask("POST", "/webhooks", body)
    assert answer.status_code == 422
    assert field in answer.json["errors"]
    assert hers.results("/webhooks") == []


def test_private_addresses_are_not_called_unless_the_setting_says_so(
    world: World, alice: Tenant, hers: Program
) -> None:
    for url in ("http://127.0.0.1:9/", "https://127.0.0.1:9/", "https://localhost/"):
        refused = hers.ask("POST", "/webhooks", {"url": url, "events": ["friend.linked"]})
        assert refused.status_code == 422
        assert "WEBHOOK_PRIVATE_NETWORKS" in refused.json["detail"]
    relayed = hers.ask("PUT", f"/relays/{alice.account_id}", {"url": "https://10.0.0.7/line"})
    assert relayed.status_code == 422
    assert "WEBHOOK_PRIVATE_NETWORKS" in relayed.text
    with server() as script:
        port = script.url.rsplit(":", 1)[1]
        body = {"url": f"https://localhost:{port}/", "events": ["friend.linked"]}
        with private_allowed(world):
            made = hers.ask("POST", "/webhooks", body).json
        linked(world, alice)
        world.work()
        [delivery] = hers.results(f"/webhooks/{made['id']}/deliveries")
        assert (delivery["state"], delivery["error"]) == ("waiting", "private")
        assert script.seen == []


def test_there_are_not_more_receivers_than_ten(hers: Program) -> None:
    body = {"url": "https://example.com/", "events": ["friend.linked"]}
    statuses = [hers.ask("POST", "/webhooks", body).status_code for _ in range(11)]
    assert statuses == [201] * 10 + [422]


def test_replay_of_one_of_a_period_and_of_what_was_given_up(
    world: World, alice: Tenant, hers: Program, hooks: ScriptedServer
) -> None:
    hooks.on("POST", PATH, Reply(500))
    body = {"url": hooks.url + PATH, "events": ["friend.linked"]}
    made = hers.ask("POST", "/webhooks", body).json
    path = f"/webhooks/{made['id']}"
    linked(world, alice, ALICE)
    linked(world, alice, BOB, "U" + "b" * 32)
    world.work()
    for _ in range(3):
        time_passes(world, timedelta(days=1, hours=2))
        world.work()
    assert len(hers.results(f"{path}/deliveries?state=given_up")) == 2
    before = set(ids(hooks))
    hooks.on("POST", PATH, Reply(200))
    hooks.seen.clear()
    assert hers.ask("POST", f"{path}/replay", {}).json == {"replayed": 2}
    world.work()
    assert set(ids(hooks)) == before
    assert len(hers.results(f"{path}/deliveries?state=delivered")) == 2

    hooks.seen.clear()
    newest, oldest = hers.results(f"{path}/deliveries")
    with world.app.app_context(), transaction():
        event = db.session.query(OutgoingEvent).filter_by(key=oldest["event"]).one()
        event.at = utcnow() - timedelta(days=3)
    period = {"start": rfc3339(utcnow() - timedelta(days=1)), "end": rfc3339(utcnow())}
    assert hers.ask("POST", f"{path}/replay", period).json == {"replayed": 1}
    world.work()
    assert ids(hooks) == [newest["event"]]
    answer = hers.ask("POST", f"/webhook-deliveries/{oldest['id']}/replay")
    assert answer.json["state"] == "waiting"
    world.work()
    assert ids(hooks) == [newest["event"], oldest["event"]]
    for odd in ({"start": period["start"]}, {"start": period["end"], "end": period["start"]}):
        assert hers.ask("POST", f"{path}/replay", odd).status_code == 422


def test_a_relay_is_set_looked_at_and_ended(
    world: World, alice: Tenant, hers: Program, hooks: ScriptedServer
) -> None:
    path = f"/relays/{alice.account_id}"
    assert hers.ask("GET", path).status_code == 404
    set_to = hers.ask("PUT", path, {"url": hooks.url + "/line"})
    assert (set_to.status_code, set_to.json["dropped"]) == (200, 0)
    assert hers.get(path) == set_to.json
    own = hers.ask("PUT", path, {"url": f"{world.url}/line/webhooks/x"})
    assert own.status_code == 422
    assert "own address" in own.json["detail"]
    assert hers.ask("DELETE", path).status_code == 204
    assert hers.ask("GET", path).status_code == 404
