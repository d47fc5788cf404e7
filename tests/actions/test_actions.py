"""What HubSpot's workflows meet at the actions' door."""

import json
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from plugin.models import ActionCall, Delivery, Installation, Job, LinkageToken, db
from plugin.models.transaction import transaction
from plugin.services.personal_links.tokens import read_token
from tests.actions.calls import DECLARED, arrived, befriended, count, execution, queued, run, send
from tests.support.people import line_user, linked
from tests.support.signing import hubspot_post
from tests.support.world import BOB, PORTAL, Tenant, World

SAMPLE = Path(__file__).parents[3] / "shared/samples/hubspot/action-execution-body.json"


@pytest.mark.both_databases
def test_with_nobody_before_it_a_message_is_sent_at_once(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    outputs = send(world, {"text": "Hello"})
    assert outputs["hs_execution_state"] == "SUCCESS"
    assert outputs["result"] == "sent"
    assert outputs["message_id"]
    assert [one["messages"][0]["text"] for one in arrived(world)] == ["Hello"]
    assert send(world, {"text": "Hello"}) == outputs
    world.work()
    assert len(arrived(world)) == 1
    with world.app.app_context():
        assert "deliver" not in set(db.session.scalars(select(Job.kind)))
        call = db.session.scalars(select(ActionCall)).one()
        assert (call.state, call.blocked, call.result) == ("completed", False, "sent")


@pytest.mark.both_databases
def test_behind_others_a_message_is_held_sent_and_completed(world: World, alice: Tenant) -> None:
    queued(world, alice, befriended(world, alice))
    held = send(world, {"text": "Hello"})
    assert held == {"hs_execution_state": "BLOCK", "hs_expiration_duration": "PT59M"}
    assert arrived(world) == []
    world.work()
    assert [one["messages"][0]["text"] for one in arrived(world)] == ["Hello"]
    with world.app.app_context():
        call = db.session.scalars(select(ActionCall)).one()
        assert (call.blocked, call.result) == (True, "sent")
    outputs = send(world, {"text": "Hello"})
    assert outputs["result"] == "sent"
    assert outputs["hs_execution_state"] == "SUCCESS"
    assert len(arrived(world)) == 1


@pytest.mark.both_databases
def test_a_repeat_at_any_moment_has_no_second_effect(world: World, alice: Tenant) -> None:
    queued(world, alice, befriended(world, alice))
    for _ in range(3):
        assert send(world, {"text": "Once"})["hs_execution_state"] == "BLOCK"
    world.work()
    for _ in range(3):
        assert send(world, {"text": "Once"})["result"] == "sent"
    world.work()
    with world.app.app_context():
        assert count(Delivery) == 2
        assert count(ActionCall) == 1
    assert len(arrived(world)) == 1


@pytest.mark.parametrize(
    ("inputs", "result"),
    [
        ({"text": "Hi"}, "not_linked"),
        ({"text": ""}, "invalid_message"),
        ({"text": "Hi {{ contact.firstname }}"}, "invalid_message"),
        ({"message_json": "{"}, "invalid_message"),
        ({"text": "Hi", "official_account": "999"}, "failed"),
        ({"text": "Hi", "official_account": "no number"}, "failed"),
    ],
)
def test_what_cannot_be_sent_says_why(
    world: World, alice: Tenant, inputs: dict[str, str], result: str
) -> None:
    outputs = send(world, inputs)
    assert outputs["result"] == result
    assert outputs["hs_execution_state"] == "FAIL_CONTINUE"
    assert outputs["error"]


def test_a_blocked_friend_costs_nothing(world: World, alice: Tenant) -> None:
    linked(world, alice, status="blocked")
    assert send(world, {"text": "Hi"})["result"] == "blocked"
    with world.app.app_context():
        assert count(Delivery) == 0


@pytest.mark.both_databases
def test_a_stranger_is_asked_for_before_a_push(world: World, alice: Tenant) -> None:
    """Nobody with this id ever added the account: LINE would take the push and drop it."""
    linked(world, alice, user_id=line_user("bob"), status="unknown")
    send(world, {"text": "Hi"})
    world.work()
    assert send(world, {"text": "Hi"})["result"] == "not_friend"
    assert world.sandbox.control("GET", "/deliveries")["deliveries"] == []


def test_the_months_limit_is_told_apart(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    with world.app.app_context():
        channel = world.account(alice).channel_id
    world.sandbox.control("POST", "/quota", {"channel": channel, "limit": 5, "used": 5})
    send(world, {"text": "Hi"})
    world.work()
    assert send(world, {"text": "Hi"})["result"] == "quota_exceeded"


@pytest.mark.both_databases
def test_a_lost_answer_sends_no_second_message(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.fail("/v2/bot/message/push", "lost", times=1)
    assert send(world, {"text": "Once"})["hs_execution_state"] == "BLOCK"
    world.work()
    world.work(ahead=600)
    assert send(world, {"text": "Once"})["result"] == "sent"
    assert len(world.sandbox.control("GET", "/deliveries")["deliveries"]) == 1


def test_another_tenants_account_is_not_there(world: World, alice: Tenant, charlie: Tenant) -> None:
    outputs = send(world, {"text": "Hi", "official_account": str(charlie.account_id)})
    assert outputs["result"] == "failed"


@pytest.mark.parametrize("action", DECLARED)
def test_a_portal_that_is_gone_is_told_so(world: World, alice: Tenant, action: str) -> None:
    with world.app.app_context(), transaction():
        installation = db.session.get_one(Installation, alice.installation_id)
        installation.state = "disconnected"
    outputs = run(world, action, {"text": "Hi"})
    assert (outputs["result"], outputs["hs_execution_state"]) == ("failed", "FAIL_CONTINUE")
    assert "Install it again" in outputs["error"]


@pytest.mark.both_databases
def test_a_linkage_url_is_generated_once_and_written(world: World, alice: Tenant) -> None:
    url = f"{world.url}/hubspot/actions/generate-linkage-url"
    body = execution({"qr_code": str(alice.qr_code_id), "valid_days": "7.0"}, contact=BOB)
    first = hubspot_post(url, body).json()["outputFields"]
    again = hubspot_post(url, body).json()["outputFields"]
    assert first == again
    assert first["hs_execution_state"] == "SUCCESS"
    assert first["linkage_url"] == f"{world.url}/l/{alice.slug}?t={first['linkage_token']}"
    world.work()
    written = world.sandbox.contact(BOB)
    assert written["line_linkage_token"] == first["linkage_token"]
    assert written["line_linkage_url"] == first["linkage_url"]
    with world.app.app_context():
        assert count(LinkageToken) == 1
        read = read_token(world.deps, first["linkage_token"], world.code(alice))
        assert read.verdict == "valid"
        assert read.contact is not None
        assert read.contact.contact_id == BOB


@pytest.mark.parametrize(
    "inputs", [{}, {"qr_code": "999999"}, {"qr_code": "{qr}", "valid_days": "0"}]
)
def test_a_linkage_url_that_cannot_be_made(
    world: World, alice: Tenant, inputs: dict[str, str]
) -> None:
    inputs = {name: text.format(qr=alice.qr_code_id) for name, text in inputs.items()}
    url = f"{world.url}/hubspot/actions/generate-linkage-url"
    outputs = hubspot_post(url, execution(inputs)).json()["outputFields"]
    assert outputs["hs_execution_state"] == "FAIL_CONTINUE"
    assert outputs["error"]


def test_a_code_without_personal_links_gets_none(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction():
        world.code(alice).by_token = False
    url = f"{world.url}/hubspot/actions/generate-linkage-url"
    inputs = {"qr_code": str(alice.qr_code_id)}
    outputs = hubspot_post(url, execution(inputs)).json()["outputFields"]
    assert (outputs["result"], outputs["linkage_url"]) == ("failed", "")
    assert "takes no personal links" in outputs["error"]


def test_options_list_what_can_be_chosen(world: World, alice: Tenant, charlie: Tenant) -> None:
    url = f"{world.url}/hubspot/actions/send-message/options"
    body = {"origin": {"portalId": PORTAL}, "inputFieldName": "official_account"}
    page = hubspot_post(url, body).json()
    assert [one["value"] for one in page["options"]] == [str(alice.account_id)]
    assert page["searchable"] is True
    found = {**body, "fetchOptions": {"q": "nothing like it"}}
    assert hubspot_post(url, found).json()["options"] == []
    by_id = {**body, "fetchOptions": {"q": str(alice.account_id)}}
    assert len(hubspot_post(url, by_id).json()["options"]) == 1


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_either_signature_will_do(world: World, alice: Tenant, version: str) -> None:
    url = f"{world.url}/hubspot/actions/send-message"
    assert hubspot_post(url, execution({"text": "x"}), version).status_code == 200


@pytest.mark.parametrize(
    ("version", "secret", "shift"),
    [("none", "", 0), ("v1", None, 0), ("v2", "wrong", 0), ("v3", "wrong", 0), ("v3", None, -400)],
)
def test_who_does_not_sign_learns_nothing(
    world: World, alice: Tenant, version: str, secret: str | None, shift: int
) -> None:
    import time

    from tests.support.signing import SECRET

    url = f"{world.url}/hubspot/actions/send-message"
    stamp = int((time.time() + shift) * 1000)
    answer = hubspot_post(url, execution({"text": "x"}), version, secret or SECRET, stamp)
    assert answer.status_code == 401
    assert answer.content == b""
    with world.app.app_context():
        assert count(ActionCall) == 0


def test_a_wrong_v3_is_not_saved_by_a_right_v2(world: World, alice: Tenant) -> None:
    import hashlib

    from tests.support.signing import SECRET

    url, raw = f"{world.url}/hubspot/actions/send-message", b"{}"
    digest = hashlib.sha256(f"{SECRET}POST{url}".encode() + raw).hexdigest()
    headers = {
        "X-HubSpot-Signature": digest,
        "X-HubSpot-Signature-Version": "v2",
        "X-HubSpot-Signature-v3": "wrong",
        "X-HubSpot-Request-Timestamp": "1",
    }
    assert requests.post(url, data=raw, headers=headers, timeout=30).status_code == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"null", b'{"callbackId": 5}', b'{"callbackId":"x","origin":{}}', b"\xff"],
)
def test_a_signed_body_that_makes_no_sense_is_a_plain_no(
    world: World, alice: Tenant, body: bytes
) -> None:
    for place in ("", "/options"):
        url = f"{world.url}/hubspot/actions/send-message{place}"
        assert hubspot_post(url, body).status_code == 400
    assert hubspot_post(f"{world.url}/hubspot/actions/unknown", body).status_code == 404


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample bodies are not here")
def test_the_sample_execution_is_taken(world: World, alice: Tenant) -> None:
    body = SAMPLE.read_bytes().replace(b"12345678,", b"20000001,")
    answer = hubspot_post(f"{world.url}/hubspot/actions/send-message", body)
    assert answer.status_code == 200
    assert answer.json()["outputFields"]["result"] == "invalid_message"
    assert json.loads(body)["origin"]["userId"] is None
